"""What axe-core, the checker that browsers' own tools use, finds wrong with a page."""

from importlib import resources

from tests.support.chromium import Tab

RUN = """axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.flatMap(rule =>
    rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${node.any.concat(node.all, node.none)
        .map(check => check.message).join('; ')}`)))"""


async def weaknesses(tab: Tab) -> list[str]:
    """Each broken rule with the element that breaks it; empty where all is well."""
    if not await tab.evaluate("typeof axe === 'object'"):
        source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        await tab.evaluate(f"{source}; true")
    found: list[str] = await tab.evaluate(RUN)
    return found
