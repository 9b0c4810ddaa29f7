"""Mail to a real mail server, words to a real bot: each at most once, whoever fails or dies when."""

import base64
import datetime as dt
import hashlib
import hmac
import socket
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from mailbox_servers import bot_server, mail_server

from federation.models import AuditEvent, User
from notices import bot, channels, deliveries, mail, publishing, reminding
from notices.models import Delivery, Reminder, Task, UnitChannel
from notices.sending import NotSent

State = Delivery.State


@pytest.fixture
def server(settings):
    with mail_server() as found:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
        settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
        settings.EMAIL_TIMEOUT = 2
        settings.DEFAULT_FROM_EMAIL = "妇联工作台 <portal@example.com>"
        settings.PORTAL_URL = "https://fulian.example.com"
        yield found


@pytest.fixture
def friend(settings):
    with bot_server() as found:
        settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{found.port}"]
        yield found


@pytest.fixture
def due(people, notice, spring):
    """Everybody of both counties has her T-7 today; ``county`` and ``sibling`` have mailboxes."""
    publishing.publish(notice, by=people.leader)
    for name in ("county", "sibling"):
        User.objects.filter(pk=getattr(people, name).pk).update(email=f"{name}@example.com")
    spring.move_to(dt.datetime.fromisoformat("2014-05-16T08:30:00+08:00"))
    return notice


def states(**found):
    return sorted(Delivery.objects.filter(**found).values_list("state", flat=True))


def later(clock, minutes):
    clock.shift(dt.timedelta(minutes=minutes))
    return deliveries.deliver()


# -- Mail ------------------------------------------------------------------------------------------
def test_a_digest_arrives_as_plain_words_with_a_subject_that_names_nobody(server, due, org):
    reminding.gather()
    assert deliveries.deliver().sent == 2
    letter = next(each for each in server.box.letters if each.to == "county@example.com")
    assert letter.subject == "妇联工作台：1 项工作提醒（2014-05-16）"
    assert "【未到期】\n· 城东区妇联“活动情况”：截止 5月25日，5月26日起逾期\n" in letter.body
    assert "https://fulian.example.com/" in letter.body
    assert "演" not in letter.subject + letter.body
    digest = Delivery.objects.get(digest__person__username="county").digest
    assert letter.id == f"<digest-{digest.uuid}@fulian.example.com>"
    assert states() == [State.SENT] * 2
    deliveries.deliver()
    assert len(server.box.letters) == 2


def test_one_connection_serves_all_letters_of_a_turn(server, due, monkeypatch):
    opened = []
    connected = mail.EmailBackend.open
    monkeypatch.setattr(mail.EmailBackend, "open", lambda self: opened.append(1) or connected(self))
    reminding.gather()
    assert deliveries.deliver().sent == 2
    assert opened == [1]


def test_without_a_mail_server_nothing_is_queued(due, settings):
    settings.EMAIL_HOST = ""
    reminding.gather()
    assert Reminder.objects.exists()
    assert not Delivery.objects.exists()


def test_nothing_is_sent_at_night_and_all_of_it_the_next_working_morning(server, due, spring):
    reminding.gather()
    spring.move_to(dt.datetime.fromisoformat("2014-05-16T21:00:00+08:00"))
    assert deliveries.deliver().sent == 0
    spring.move_to(dt.datetime.fromisoformat("2014-05-18T10:00:00+08:00"))  # Sunday
    assert deliveries.deliver().sent == 0
    spring.move_to(dt.datetime.fromisoformat("2014-05-19T08:30:00+08:00"))
    assert deliveries.deliver().sent == 2


def test_a_server_that_is_away_costs_no_attempt(server, due, spring):
    server.stop()
    reminding.gather()
    assert deliveries.deliver().later == 2
    assert set(Delivery.objects.values_list("attempts", "state")) == {(0, State.QUEUED)}
    assert "连接失败" in Delivery.objects.first().problem


@pytest.mark.parametrize("where", ["at_rcpt", "answers"])
def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(server, due, spring, where):
    getattr(server.box, where).extend(["451 later", "550 no such box"])
    reminding.gather()
    tally = deliveries.deliver()
    assert (tally.later, tally.failed, tally.sent) == (1, 1, 0)
    assert states() == [State.FAILED, State.QUEUED]
    assert later(spring, 0).sent == 0
    assert later(spring, 1).sent == 1
    assert len(server.box.letters) == 1


def test_a_letter_that_is_refused_each_time_is_given_up(server, due, spring):
    reminding.gather()
    Delivery.objects.exclude(digest__person__username="county").update(state=State.SENT)
    server.box.answers = ["451 later"] * 8
    for _ in range(8):
        later(spring, 61)
    row = Delivery.objects.get(digest__person__username="county")
    assert (row.state, row.attempts, row.problem) == (State.FAILED, 8, "邮件服务器拒收（451）")


def test_a_line_that_begins_with_a_dot_arrives_whole(server, due):
    reminding.gather()
    Reminder.objects.update(words=".\n.\n..点")
    deliveries.deliver()
    assert "· .\n.\n..点\n" in server.box.letters[0].body


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


def die(*_args, **_kwargs):
    raise Died


def test_who_dies_before_the_text_is_sent_is_replaced(server, due, spring, monkeypatch):
    reminding.gather()
    with monkeypatch.context() as patched:
        patched.setattr(mail.Post, "_envelope", die)
        with pytest.raises(Died):
            deliveries.deliver()
    assert states() == [State.CLAIMED, State.QUEUED]
    assert later(spring, 1).sent == 1  # the other one
    assert later(spring, 2).sent == 1  # its lease has run out
    assert len({each.id for each in server.box.letters}) == len(server.box.letters) == 2


def test_who_dies_between_sending_and_recording_leaves_a_doubt_and_no_second_letter(
    server, due, spring, monkeypatch
):
    reminding.gather()
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "_settle", die)
        with pytest.raises(Died):
            deliveries.deliver()
    assert states() == [State.QUEUED, State.SENDING]
    assert len(server.box.letters) == 1
    for _ in range(4):
        later(spring, 30)
    assert states() == [State.DOUBT, State.SENT]
    assert len({each.id for each in server.box.letters}) == len(server.box.letters) == 2


def test_an_answer_that_stays_away_is_a_doubt(server, due, spring, settings):
    settings.EMAIL_TIMEOUT = 0.2
    server.box.heard = lambda: time.sleep(0.6)
    reminding.gather()
    Delivery.objects.exclude(digest__person__username="county").delete()
    assert deliveries.deliver().doubt == 1
    server.box.heard = None
    assert later(spring, 60).sent == 0
    assert states() == [State.DOUBT]
    assert len(server.box.letters) == 1


def test_who_was_overtaken_sends_nothing(server, due, spring):
    reminding.gather()
    slow = deliveries.claim(timezone.now())
    spring.shift(dt.timedelta(minutes=3))
    deliveries.recover(timezone.now())
    quick = deliveries.claim(timezone.now())
    while quick.pk != slow.pk:
        quick = deliveries.claim(timezone.now())
    deliveries._send(slow, mail.Post(), timezone.now(), deliveries.Tally())
    assert server.box.letters == []
    assert Delivery.objects.get(pk=slow.pk).state == State.CLAIMED


def test_words_of_last_week_are_not_sent_any_more(server, due, spring):
    reminding.gather()
    spring.move_to(dt.datetime.fromisoformat("2014-05-26T09:00:00+08:00"))
    assert deliveries.deliver().failed == 2
    assert server.box.letters == []


def test_a_unit_that_turned_mail_off_gets_none_and_her_other_unit_does(server, due, org, people):
    channels.change(org.east, "email", on=False, by=people.county2)
    reminding.gather()
    deliveries.deliver()
    assert [each.to for each in server.box.letters] == ["sibling@example.com"]


def test_people_without_a_mailbox_are_told_at_the_units(server, due, org, people):
    channels.change(org.east, "email", on=True, address="east@example.com", by=people.county2)
    reminding.gather()
    deliveries.deliver()
    assert sorted(each.to for each in server.box.letters) == [
        "county@example.com",
        "east@example.com",
        "sibling@example.com",
    ]


# -- Bots ------------------------------------------------------------------------------------------
@pytest.fixture
def connected(friend, due, org, people):
    channels.change(
        org.east, "webhook", on=True, address=friend.address, secret="SEC-of-the-bot", by=None
    )
    reminding.gather()
    return friend


def test_a_bot_hears_the_units_lines_once_and_signed(connected, spring):
    assert deliveries.deliver().sent == 1
    ((path, said),) = connected.heard
    asked = parse_qs(urlsplit(path).query)
    text = f"{asked['timestamp'][0]}\nSEC-of-the-bot".encode()
    sign = hmac.new(b"SEC-of-the-bot", text, hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(sign).decode()]
    assert asked["key"] == ["KEY-OF-THE-BOT"]
    assert said["msgtype"] == "markdown"
    # Two people of the county are told the same task: the bot says it once.
    assert said["markdown"]["content"].count("活动情况") == 1
    assert later(spring, 60).sent == 0


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (302, b""),
        (200, b"<html>"),
        (200, b'{"errcode":45009,"errmsg":"freq"}'),
        (200, b"[]"),
    ],
)
def test_a_bot_that_did_not_take_it_is_asked_again(connected, spring, answer):
    connected.answers = [answer]
    assert deliveries.deliver().later == 1
    assert later(spring, 1).sent == 1
    assert len(connected.heard) == 2


def test_a_bot_that_hangs_leaves_a_doubt_and_is_not_asked_twice(connected, spring, monkeypatch):
    monkeypatch.setattr(bot, "ANSWER_SECONDS", 0.2)
    connected.answers = [lambda: time.sleep(0.5) or (200, b"")]
    assert deliveries.deliver().doubt == 1
    assert later(spring, 60).sent == 0
    assert len(connected.heard) == 1


def test_neither_address_nor_secret_is_logged_or_audited(connected, caplog, spring):
    connected.answers = [(500, b"")]
    caplog.set_level("DEBUG")
    deliveries.deliver()
    told = caplog.text + "".join(str(e.detail) for e in AuditEvent.objects.all())
    told += "".join(Delivery.objects.values_list("problem", flat=True))
    assert "KEY-OF-THE-BOT" not in told
    assert "SEC-of-the-bot" not in told
    assert AuditEvent.objects.get(verb="change_channel").detail["address"] is True


def test_what_people_typed_is_no_markup_and_a_long_list_is_cut_with_its_count():
    lines = [Reminder(words=f"[点](http://x) <b>{n}</b>", lamp="red") for n in range(300)]
    text = bot.content(lines)
    assert "](" not in text
    assert "<b>" not in text
    assert len(text.encode()) < 4096
    assert text.splitlines()[-1].startswith("> 还有 ")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "https://"),
        ("bot", "https://"),
        ("http://qyapi.example.com/x", "不能用 http://"),
        ("https://127.0.0.1/x", "内部网络"),
        ("https://10.1.2.3/x", "内部网络"),
        ("https://[::1]/x", "内部网络"),
        ("https://[::ffff:10.0.0.1]/x", "内部网络"),
        ("https://169.254.169.254/latest", "内部网络"),
        ("https://localhost/x", "内部网络"),
        ("https://db.internal/x", "内部网络"),
        ("https://user:pw@example.com/x", "用户名和密码"),
        ("https://example.com:99999/x", "读不懂"),
        ("file:///etc/passwd", "https://"),
    ],
)
def test_an_address_that_is_no_bots_is_refused_in_words_without_it(address, said):
    with pytest.raises(bot.Refused, match=said) as refused:
        bot.check_address(address)
    assert "pw@" not in str(refused.value)


def test_a_name_that_leads_inside_is_not_followed(monkeypatch):
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: inside)
    with pytest.raises(NotSent, match="内部网络") as refused:
        bot.post("https://bot.example.com/x", "", "话", lambda: None)
    assert refused.value.for_good


# -- 提醒方式 --------------------------------------------------------------------------------------
def test_a_channel_that_was_never_set_has_its_default(org):
    assert {c: row.on for c, row in channels.of(org.east).items()} == {
        "in_app": True,
        "email": True,
        "webhook": False,
    }


def test_the_last_way_to_reach_a_unit_stays(org, people, settings):
    settings.EMAIL_HOST = ""
    with pytest.raises(ValidationError, match="至少要保留一种提醒方式"):
        channels.change(org.east, "in_app", on=False, by=people.county2)


@pytest.mark.parametrize(
    ("channel", "address", "said"),
    [
        ("webhook", "", "要填写它的地址"),
        ("webhook", "http://example.com", "不能用 http://"),
        ("email", "不是邮箱", "完整的电子邮箱"),
    ],
)
def test_a_wrong_address_is_pointed_out(org, people, channel, address, said):
    with pytest.raises(ValidationError) as refused:
        channels.change(org.east, channel, on=True, address=address, by=people.county2)
    assert said in "".join(refused.value.message_dict["address"])
    assert not UnitChannel.objects.exists()


def test_a_kept_secret_stays_when_it_is_not_typed_again(org, people):
    address = "https://qyapi.example.com/cgi-bin/webhook/send?key=k"
    channels.change(org.east, "webhook", on=True, address=address, secret="s", by=None)
    channels.change(org.east, "webhook", on=False, by=None)
    row = UnitChannel.objects.get()
    assert (row.on, row.where, row.signing) == (False, address, "s")


def test_lines_of_a_unit_without_in_app_are_kept_out_of_sight(server, due, org, people):
    channels.change(org.east, "in_app", on=False, by=people.county2)
    reminding.gather()
    hidden = {r.person.username for r in Reminder.objects.filter(in_app=False)}
    assert hidden == {"county", "county2"}
    assert Task.objects.unscoped(reason="a test looks").count() == 2
