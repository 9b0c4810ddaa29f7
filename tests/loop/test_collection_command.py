"""A collection opened from the shell asks exactly those who owe it."""

import pytest
from django.core.management import call_command

from reporting.models import Collection, Submission


def open_it(**more):
    options = {"period": "2027", "issuer": "东海市妇联", "due": "2027-05-25", **more}
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    call_command("collection", "open", "pairing-intent", *arguments)


def test_it_makes_a_draft_for_everyone_who_owes_the_annex(org, capsys):
    open_it(doc_number="泉妇〔2027〕1号", department="发展部")

    assert "应报 4 个单位，截止 2027-05-25。" in capsys.readouterr().out
    call = Collection.objects.get()
    assert (call.doc_number, call.receiving_department) == ("泉妇〔2027〕1号", org.department)
    assert Submission.objects.unscoped(reason="a test counts").count() == 4


@pytest.mark.parametrize(
    "wrong", [{"due": "2014-05-25"}, {"issuer": "没有的市"}, {"period": "二〇二七"}]
)
def test_it_refuses_in_one_chinese_line_and_opens_nothing(org, capsys, wrong):
    with pytest.raises(SystemExit) as refused:
        open_it(**wrong)

    assert refused.value.code == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not Collection.objects.exists()
