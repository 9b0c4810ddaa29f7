"""The demo's 阵地, 志愿者队伍 and helpers, in the villages where its archives are."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from federation import tree
from federation.models import OrgUnit
from registry.models import Helper, Site, SiteHonour, SiteKind, VolunteerTeam


class Surroundings:
    """``units`` are villages by their code."""

    def __init__(self, data: dict[str, Any], units: dict[str, OrgUnit], today: dt.date):
        self.data, self.units, self.today = data, units, today

    def plant(self) -> None:
        self._sites()
        self._helpers()

    def _sites(self) -> None:
        kinds = {kind.code: kind for kind in SiteKind.objects.all()}
        said = self.data["sites"]
        sites = [
            Site(
                unit=self.units[one["village"]],
                kind=kinds[one["kind"]],
                name=one["name"],
                grade=one["grade"],
                host=one["host"],
                leader=one["leader"],
                phone=one["phone"],
                address=f"演示大街{n + 1}号",
                opened_on=dt.date(one["opened"], 3, 8),
                synthetic=True,
            )
            for n, one in enumerate(said)
        ]
        Site.objects.bulk_create(sites)
        SiteHonour.objects.bulk_create(
            SiteHonour(
                site=site,
                name=one["honour"][0],
                level=one["honour"][1],
                year=one["honour"][2],
                awarded_by="演示表彰单位",
            )
            for site, one in zip(sites, said, strict=True)
            if "honour" in one
        )

    def _helpers(self) -> None:
        teams = [
            VolunteerTeam(
                unit=self.units[one["village"]],
                name=one["name"],
                leader=one["leader"],
                formed_on=dt.date(2014, 5, 1),
                synthetic=True,
            )
            for one in self.data["groups"]
        ]
        VolunteerTeam.objects.bulk_create(teams)
        helpers = [*self._of_people(), *self._leaders(teams), *self._enterprises()]
        for n, helper in enumerate(helpers):
            helper.pinyin, helper.initials = tree.pinyin_key(helper.name)
            helper.vetting = Helper.Vetting.PASSED if n % 4 else Helper.Vetting.NOT_YET
            helper.synthetic = True
        Helper.objects.bulk_create(helpers, batch_size=500)

    def _of_people(self) -> Iterator[Helper]:
        """爱心妈妈 and those who took up with a poor family; one row each, who helps several as well."""
        seen = set()
        for one in self.data["people"]:
            if "helper" not in one:
                continue
            role, name = one["helper"]
            key = (one["village"], role, name)
            if key not in seen:
                seen.add(key)
                unit = self.units[one["village"]]
                yield Helper(unit=unit, role=role, name=name, joined_on=dt.date(2014, 3, 8))

    @staticmethod
    def _leaders(teams: list[VolunteerTeam]) -> Iterator[Helper]:
        for team in teams:
            yield Helper(
                unit=team.unit,
                role=Helper.Role.VOLUNTEER,
                name=team.leader,
                team=team,
                joined_on=team.formed_on,
            )

    def _enterprises(self) -> Iterator[Helper]:
        names = [one["county"] for one in self.data["enterprises"]]
        found = OrgUnit.objects.filter(name__in=names, synthetic=False)
        counties = {unit.name: unit for unit in found}
        for one in self.data["enterprises"]:
            yield Helper(
                unit=counties[one["county"]],
                kind=Helper.Kind.ENTERPRISE,
                role=one["role"],
                name=one["name"],
                contact=one["contact"],
                phone=one["phone"],
                joined_on=dt.date(2015, 6, 1),
            )
