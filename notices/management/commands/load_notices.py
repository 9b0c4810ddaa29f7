"""``manage.py load_notices [NAME …] [--year 2026] [--publish]``."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from notices import notice_files, publishing


class Command(BaseCommand):
    help = (
        "把 fixtures/notices 里的通知载入为草稿（默认五件正式通知）；可重复运行，已有的不再载入。"
    )

    def add_arguments(self, parser):
        parser.add_argument("names", nargs="*", metavar="NAME", help="文件名，不带 .json")
        parser.add_argument("--year", type=int, help="文件中 {year} 所代的年份")
        parser.add_argument("--publish", action="store_true", help="载入后即发布")

    def handle(self, *args, names=(), year=None, publish=False, **options):
        for name in names or notice_files.OFFICIAL:
            try:
                data = notice_files.read(name, year=year)
                if notice_files.standing(data):
                    self.stdout.write(f"已有：{data['title']}")
                    continue
                notice = notice_files.draft(data, by=None)
                if publish:
                    publishing.publish(notice, by=None)
            except ValidationError as error:
                raise CommandError(f"{name}：{'；'.join(error.messages)}") from error
            done = "已发布" if publish else "已载入为草稿"
            duties = notice.duties.count()
            self.stdout.write(
                f"{done}：{notice.doc_number or '（无字号）'} {notice}，交办事项 {duties} 项"
            )
