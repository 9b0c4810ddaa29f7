"""Who owes the two annexes of 泉妇〔2014〕28号.

附件1: 市级以上巾帼文明岗 and 市、县两级机关妇委会. 附件2: 各县（市、区）妇联、泉州开发区、台商投资区、
市直机关妇工委. A unit's one parent in the tree is its one organiser, so a post whose employer is a
city organ is asked once, by the unit it hangs under.
"""

from django.db.models import Q

from federation.models import OrgUnit

POST_LEVELS = ("national", "provincial", "municipal")
COMMITTEE_LEVELS = ("city", "county")


def posts_and_committees(issuer: OrgUnit):
    """Open posts of municipal level and above, and committees of city and county organs, below ``issuer``.

    A committee's level is that of the unit it hangs under: the node one level up in the tree.
    """
    below = OrgUnit.objects.below(issuer, include_self=False).open_now().filter(owes_reports=True)
    organisers = below.filter(unit_type__level__in=COMMITTEE_LEVELS).values_list("depth", flat=True)
    # A committee below a township or village federation is no city or county organ's.
    depth = max({issuer.depth, *organisers}) + 1
    return below.filter(
        Q(unit_type__group="post", post_level__code__in=POST_LEVELS)
        | Q(unit_type__code="organ_committee", depth__lte=depth)
    )


def reporting_units(issuer: OrgUnit):
    """Open county-level units directly below ``issuer`` that report: counties, zones and 市直机关."""
    return (
        OrgUnit.objects.below(issuer, include_self=False)
        .open_now()
        .filter(owes_reports=True, unit_type__level="county", unit_type__reviews=True)
    )
