"""``manage.py load_divisions [--city quanzhou|harbin] [--file CSV]``."""

import time
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from federation import code_lists, divisions


class Command(BaseCommand):
    help = "载入行政区划与组织（可重复运行；更名、改码、消失的均列出，不删除任何组织）。"

    def add_arguments(self, parser):
        parser.add_argument("--city", choices=sorted(divisions.CITIES), help="只载入一个市")
        parser.add_argument(
            "--file", type=Path, help="新的区划名单（CSV：code,parent_code,name,level）"
        )

    def handle(self, *args, city=None, file=None, verbosity=1, **options):
        if city and file:
            raise CommandError("--city 与 --file 只能用一个：名单本身写明是哪个市。")
        chosen = [city] if city else list(divisions.CITIES)
        paths = [file] if file else [divisions.CITIES[name] for name in chosen]
        code_lists.load_all()
        for path in paths:
            began = time.monotonic()
            try:
                report = divisions.load(path)
            except FileNotFoundError:
                raise CommandError(f"没有这个文件：{path}") from None
            except ValidationError as error:
                raise CommandError("；".join(error.messages)) from error
            if verbosity:
                self.show(report, time.monotonic() - began)

    def show(self, report: divisions.Report, seconds: float) -> None:
        self.stdout.write(
            f"{report.city}：名单{report.rows}行，新增{report.added}，未变{report.kept}，"
            f"更名{len(report.renamed)}，改码{len(report.recoded)}，"
            f"上级与名单不同{len(report.elsewhere)}，名单中已无{len(report.vanished)}；"
            f"另建无代码组织{report.seeds_added}个（{seconds:.1f}秒）"
        )
        for code, old, new in report.renamed:
            self.stdout.write(f"  更名    {code}  {old or '（空）'} → {new}")
        for unit, old, new in report.recoded:
            self.stdout.write(f"  改码    {unit}  {old or '（空）'} → {new}")
        for unit, parent in report.elsewhere:
            self.stdout.write(f"  未移动  {unit}（名单中属于{parent}，保持现有上级）")
        for code, unit in report.vanished:
            self.stdout.write(f"  已无    {code}  {unit}（未删除，请核实后填写撤销日期和承接单位）")
