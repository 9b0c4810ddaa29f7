"""The pages of 收表, asked by the people who use them."""

import io
import re
import uuid

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from federation.models import AuditEvent
from reporting.jobs import runner
from reporting.models import IncomingBatch, IncomingFile, Job
from tests.incoming.conftest import ROWS, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_in(client):
    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


def sent(**more):
    return {"idempotency_key": str(uuid.uuid4()), **more}


def act(client, mail, file, step, **more):
    file = mail.fresh(file)
    seen = {
        "file_version": file.version,
        "version": mail.table(file.unit).version if file.unit else "",
    }
    return client.post(f"/incoming/files/{file.uuid}/steps/{step}/", sent(**{**seen, **more}))


def test_several_files_are_dropped_read_and_listed_without_any_script(mail, sign_in):
    client = sign_in(mail.people.leader)
    page = client.get(f"/incoming/new/?call={mail.calls.summary.uuid}")
    assert "上传并读取" in page.content.decode()
    files = [
        SimpleUploadedFile("城东区.xlsx", table(*ROWS)),
        SimpleUploadedFile("坏.xlsx", b"PK\x03\x04broken"),
        SimpleUploadedFile("程序.exe", b"MZ"),
    ]

    answer = client.post(
        "/incoming/new/",
        sent(call=str(mail.calls.summary.uuid), received_on="2014-05-20", files=files),
    )

    batch = IncomingBatch.objects.unscoped(reason="a test looks").get()
    assert answer.headers["Location"] == f"/incoming/batches/{batch.uuid}/"
    waiting = client.get(answer.headers["Location"]).content.decode()
    assert "“程序.exe”不能上传" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    runner.run(Job.objects.get().uuid)
    shown = client.get(answer.headers["Location"]).content.decode()
    assert "hx-trigger" not in shown
    assert "带入没有问题的 1 个" in shown
    assert "读不了" in shown
    problems = client.get(f"{answer.headers['Location']}?show=problems").content.decode()
    assert "坏.xlsx" in problems
    assert "城东区.xlsx" not in problems


def test_with_script_the_batch_comes_first_and_each_file_after_it(mail, sign_in):
    client = sign_in(mail.people.leader)
    begun = client.post("/incoming/new/", sent(call=str(mail.calls.summary.uuid), begin="1")).json()

    good = client.post(begun["add"], sent(files=SimpleUploadedFile("城东区.xlsx", table(*ROWS))))
    bad = client.post(begun["add"], sent(files=SimpleUploadedFile("程序.exe", b"MZ")))
    read = client.post(begun["read"], sent())

    assert (good.status_code, bad.status_code, read.status_code) == (200, 422, 302)
    assert "可以上传：xlsx" in bad.json()["error"]
    assert Job.objects.get().kind == "read_incoming"


def test_no_file_and_a_wrong_day_are_told_and_nothing_is_kept(mail, sign_in):
    client, call = sign_in(mail.people.leader), str(mail.calls.summary.uuid)

    empty = client.post("/incoming/new/", sent(call=call))
    wrong = client.post("/incoming/new/", sent(call=call, received_on="2014-13-99"))

    assert (empty.status_code, wrong.status_code) == (422, 422)
    assert "请先选择文件" in empty.content.decode()
    assert "收到日期不对" in wrong.content.decode()
    assert not IncomingBatch.objects.unscoped(reason="a test looks").exists()


def test_the_page_of_a_file_shows_the_sheet_its_problems_and_the_rows(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "红旗村", ""))))

    page = sign_in(mail.people.leader).get(f"/incoming/files/{file.uuid}/").content.decode()

    assert "填报单位：城东区妇联" in page
    assert re.search(r'class="mark mark-question"[^>]*title="Sheet1!B5', page)
    assert re.search(r'class="mark mark-error"[^>]*title="Sheet1!C5', page)
    assert "城东区山前镇红旗村委会" in page
    assert "都不是，照所写的带入" in page
    assert 'name="cell-1-project_goal"' in page
    assert "保存并重新核对" in page
    assert "带入城东区妇联的附件2" not in page
    assert file.sha256 in page


def test_questions_are_answered_and_rows_taken_over_from_the_page(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "红旗村", ""))))
    client = sign_in(mail.people.leader)
    act(client, mail, file, "answer", **{"q-0": "c0", "q-1": "c0", "cell-1-project_goal": "助学"})
    page = client.get(f"/incoming/files/{file.uuid}/").content.decode()
    assert "带入城东区妇联的附件2" in page
    assert "新增 <b" in page

    answer = act(client, mail, file, "apply", hand_in="1")

    assert answer.headers["Location"] == f"/incoming/files/{file.uuid}/"
    assert (mail.table().state, len(mail.rows())) == ("submitted", 2)
    row = mail.table().rows.get(position=2)
    cell = client.get(f"/rows/{row.uuid}/cells/village/").content.decode()
    assert f"/incoming/files/{file.uuid}/" in cell
    assert "Sheet1!A5:C5" in cell
    history = client.get(f"/submissions/{mail.table().uuid}/").content.decode()
    assert "代填带入来件" in history
    assert "“城东区.xlsx”（首次报送，2014-05-20收到）：新增2行" in history


def test_a_page_that_was_overtaken_shows_the_fresh_difference_and_writes_nothing(mail, sign_in):
    first, second = (
        mail.drop((name, table(row)))[0]
        for name, row in zip(("a.xlsx", "b补报.xlsx"), ROWS, strict=True)
    )
    seen = mail.table().version
    mail.apply(first)

    answer = act(sign_in(mail.people.leader), mail, second, "apply", version=seen)

    assert answer.status_code == 409
    text = answer.content.decode()
    assert "没有写入任何内容" in text
    assert f'name="version" value="{mail.table().version}"' in text
    assert mail.rows() == [ROWS[0][0]]


def test_what_was_changed_on_the_page_is_shown_again_before_it_is_done(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))

    answer = act(sign_in(mail.people.leader), mail, file, "apply", meaning="original", out="1")

    assert answer.status_code == 302
    assert mail.rows() == []
    assert mail.fresh(file).answers["left_out"] == [1]


def test_a_file_is_declined_and_taken_up_again(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    client = sign_in(mail.people.county)

    act(client, mail, file, "decline")
    assert mail.fresh(file).state == "declined"
    act(client, mail, file, "reopen")

    assert mail.fresh(file).state == "ready"


def test_all_files_without_problems_are_taken_each_by_itself(mail, sign_in):
    names = (
        ("城东区.xlsx", table(*ROWS)),
        ("城西县.xlsx", table(("城西岗", "红旗村", "助学"), unit="城西县妇联")),
    )
    asks = ("城东区问.xlsx", table(("演示岗", "红旗村", "助学")))
    files = mail.drop(*names, asks)

    sign_in(mail.people.leader).post(
        f"/incoming/batches/{files[0].batch.uuid}/apply/", sent(hand_in="1")
    )

    assert sorted(f.state for f in mail.files(files[0].batch)) == ["applied", "applied", "asking"]
    assert mail.table().state == mail.table(mail.org.west).state == "submitted"


def test_a_unit_that_is_chosen_has_the_file_read_anew(mail, sign_in):
    (file,) = mail.drop(("汇总表.xlsx", table(("演示邮政所", "红旗村", "助学"), unit="")))

    answer = act(sign_in(mail.people.leader), mail, file, "answer", unit=str(mail.org.west.uuid))

    assert answer.headers["Location"] == f"/incoming/batches/{file.batch.uuid}/"
    assert (mail.fresh(file).state, mail.fresh(file).unit) == ("waiting", mail.org.west)


def test_the_file_comes_back_as_it_was_sent_and_the_download_is_on_record(mail, sign_in):
    data = table(*ROWS)
    (file,) = mail.drop(("城东区.xlsx", data))

    answer = sign_in(mail.people.county).get(f"/incoming/files/{file.uuid}/download/")

    assert AuditEvent.objects.filter(verb="download_file", unit=mail.org.east).count() == 1
    assert answer.getvalue() == data
    answer.close()


def test_the_workbook_goes_back_with_its_problems_beside_the_rows(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "石井村", ""))))

    answer = sign_in(mail.people.leader).get(f"/incoming/files/{file.uuid}/marked/")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert any("项目" in str(cell.value) for cell in sheet[5] if cell.column > 3)


@pytest.mark.parametrize("who", ["sibling", "other_city", "post"])
def test_a_file_of_another_is_not_there(mail, sign_in, who):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    client = sign_in(getattr(mail.people, who))

    answers = [
        client.get(f"/incoming/files/{file.uuid}/{page}").status_code
        for page in ("", "download/", "marked/")
    ]
    answers.append(client.get(f"/incoming/batches/{file.batch.uuid}/").status_code)

    assert answers == [404, 404, 404, 404]


def test_the_county_sees_the_file_that_came_for_it_and_not_the_batch(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    client = sign_in(mail.people.county)

    assert client.get(f"/incoming/files/{file.uuid}/").status_code == 200
    assert client.get(f"/incoming/batches/{file.batch.uuid}/").status_code == 404
    assert "城东区.xlsx" in client.get("/incoming/").content.decode()


def test_hostile_words_in_a_file_stay_words(mail, sign_in):
    evil = "<script>alert(1)</script>"
    (file,) = mail.drop(("a.xlsx", table((evil, "石井村", evil))))

    page = sign_in(mail.people.leader).get(f"/incoming/files/{file.uuid}/").content.decode()

    assert evil not in page
    assert "&lt;script&gt;" in page
    assert IncomingFile.objects.visible_to(mail.people.leader).count() == 1


def take_all(client, file):
    url = f"/incoming/batches/{file.batch.uuid}/apply/"
    return client.post(url, sent(), follow=True).content.decode()


def test_the_list_says_which_reports_take_nothing_now_and_does_not_offer_them(mail, sign_in):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    client, page = sign_in(mail.people.leader), f"/incoming/batches/{file.batch.uuid}/"
    assert "带入没有问题的 1 个" in client.get(page).content.decode()
    mail.apply(file, hand_in=True)

    (again,) = mail.drop(("城东区补充.xlsx", table(("城东区演示补充岗", "金井社区", "助学"))))
    shown = client.get(f"/incoming/batches/{again.batch.uuid}/").content.decode()

    assert "报表已提交待审，请先退回或撤回" in shown
    assert "带入没有问题的" not in shown


def test_what_would_stand_twice_in_a_table_is_not_taken_unseen(mail, sign_in):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first)
    name, village, _ = ROWS[0]
    (more,) = mail.drop(("城东区补充.xlsx", table((name, village, "另助学2名"))))
    act(sign_in(mail.people.leader), mail, more, "answer", meaning="supplement")

    shown = take_all(sign_in(mail.people.leader), more)

    assert "表中已有1行同名的内容，没有带入，请打开核对" in shown
    assert mail.rows() == [row[0] for row in ROWS]
    mail.apply(more)  # whoever opened it may
    assert mail.rows() == [*(row[0] for row in ROWS), name]


def test_the_list_begins_with_what_came_last(mail, sign_in):
    mail.drop(("先来.xlsx", table(*ROWS)), ("先来的第二份.xlsx", table(ROWS[1])))
    mail.drop(("后来.xlsx", table(*ROWS)))

    shown = sign_in(mail.people.leader).get("/incoming/").content.decode()

    assert sorted(("先来.xlsx", "先来的第二份.xlsx", "后来.xlsx"), key=shown.index) == [
        "后来.xlsx",
        "先来.xlsx",
        "先来的第二份.xlsx",
    ]
