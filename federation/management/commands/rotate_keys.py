"""``manage.py rotate_keys``: seal everything with the newest key; may be stopped and begun again."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from federation.encryption import KeyProblem, ring, rotation
from federation.encryption.ring_file import remove_key, use_newest

BATCH = 500


class Command(BaseCommand):
    help = "启用最新的密钥，并把全部加密内容改用它重新加密。随时可以中断，再运行一次就接着做；期间网页照常使用。"

    def add_arguments(self, parser):
        parser.add_argument("--batch", type=int, default=BATCH, help="每个事务多少行。")
        parser.add_argument(
            "--retire",
            metavar="旧密钥",
            help="不重新加密，只把已经没有内容使用的旧密钥从文件中去掉。",
        )

    def handle(self, *args, batch, retire, **options):
        path = Path(settings.FIELD_KEYS_FILE)
        try:
            if retire:
                self.retire(path, retire)
            else:
                self.rotate(path, batch)
        except KeyProblem as reason:
            raise CommandError("密钥文件读不到或已损坏，没有改动。") from reason
        except OSError as reason:
            raise CommandError(f"写不了密钥文件：{reason.strerror}。") from reason

    def rotate(self, path: Path, batch: int) -> None:
        key_id = use_newest(path)
        self.stdout.write(f"现用密钥：{key_id}（{ring().current.suite.name}）")
        damaged = rotation.reseal(batch=batch, progress=self.say)
        if damaged:
            for place in damaged:
                self.stderr.write(f"打不开：{place}")
            raise CommandError(
                f"{len(damaged)} 处内容用现有的密钥打不开，原样保留，其余已换好。请用备份核对。"
            )
        self.stdout.write("全部换好。")
        for key in ring().keys:
            if key.id != key_id:
                self.stdout.write(
                    f"旧密钥 {key.id} 可以去掉：manage.py rotate_keys --retire {key.id}"
                )

    def say(self, words: str, done: int, of: int) -> None:
        self.stdout.write(f"{words}：{done} / {of}")
        self.stdout.flush()

    def retire(self, path: Path, key_id: str) -> None:
        if key_id == ring().current.id:
            raise CommandError(f"{key_id} 正在使用，不能去掉。")
        if key_id not in {key.id for key in ring().keys}:
            raise CommandError(f"密钥文件里没有 {key_id}。")
        held = {column.words: rotation.sealed_with(column, key_id) for column in rotation.columns()}
        left = [f"{words} {count} 处" for words, count in held.items() if count]
        left += rotation.mentioned_elsewhere(key_id)
        if left:
            raise CommandError(
                f"还有内容用 {key_id} 加密，没有去掉：{'、'.join(left)}。请先运行 rotate_keys。"
            )
        remove_key(path, key_id)
        self.stdout.write(
            f"{key_id} 已从密钥文件去掉。以前的备份仍要用它才能打开：请把封存的那份与那些备份一同保管。"
        )
