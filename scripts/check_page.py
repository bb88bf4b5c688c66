#!/usr/bin/python3
"""Opens a page of `normlab report --format html`, or of `normlab claims report`, in Chromium and tries what it has:
no error in the console, nothing loaded, every chart drawn, sorting, filtering, hovering, the keyboard, dark colours and
paper.

usage: check_page.py PAGE [--screenshots FOLDER]

  --screenshots FOLDER  keep pictures of the page there: light, dark, grey, narrow and on paper

Needs Chromium and Selenium (Debian: chromium chromium-driver python3-selenium); installs nothing.

Exit status: 0 all is well, 1 something is not (each is printed), or what is needed is missing, 2 wrong request.
"""

import argparse
import base64
import pathlib
import shutil
import sys

FAULTS = []


def check(good, what):
    if not good and what not in FAULTS:
        FAULTS.append(what)
        print(f"check_page: {what}", file=sys.stderr)


def open_browser():
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        sys.exit("check_page: Selenium is missing (Debian: python3-selenium)")
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        sys.exit("check_page: Chromium or its driver is missing (Debian: chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--force-device-scale-factor=1", "--window-size=1280,900"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(driver), options=options)


class Page:
    def __init__(self, browser, file):
        self.browser = browser
        browser.get(file.resolve().as_uri())

    def ask(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def all(self, selector):
        from selenium.webdriver.common.by import By
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def tip(self):
        return self.ask("const tip = document.getElementById('tip'); return tip.hidden ? '' : tip.textContent")

    def media(self, scheme="light", kind=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})

    def grey(self, on):
        kind = "achromatopsia" if on else "none"
        self.browser.execute_cdp_cmd("Emulation.setEmulatedVisionDeficiency", {"type": kind})

    def press_tab(self):
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": "Tab", "code": "Tab",
                                                                    "windowsVirtualKeyCode": 9})

    def picture(self, file):
        size = self.ask("return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], 16000), "scale": 1}
        shot = self.browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
        file.write_bytes(base64.b64decode(shot["data"]))

    def paper(self):
        options = {"printBackground": True, "preferCSSPageSize": True}
        return base64.b64decode(self.browser.execute_cdp_cmd("Page.printToPDF", options)["data"])


def prefixes(page):
    """Before the names of sections: "" of a report, "e1-" and so on of the experiments of claims."""
    return page.ask("""return [...document.querySelectorAll('section')].map((one) => one.id).filter(
        (id) => id.endsWith('cells')).map((id) => id.slice(0, -5));""")


def charted(page, sections):
    """Those that have charts; those of ratios may have none where nothing compares yet."""
    plain = {prefix + name for prefix in prefixes(page) + [""] for name in ("asked", "cells", "origin")}
    plain |= {name for name in sections if name.startswith("e") and name[1:].isdigit()}
    for name in ["verdicts"] + [f"{prefix}comparisons" for prefix in prefixes(page)]:
        if not page.all(f"#{name} .panels svg"):
            plain.add(name)
    return [name for name in sections if name not in plain]


def check_comparisons(page, prefix, contrasts):
    """Of a report with --pair: every ratio is drawn, and every contrast has its line."""
    rows = page.all(f"#{prefix}comparisons [aria-label=Comparisons] tbody tr")
    check(len(rows) == len(contrasts), f"#{prefix}comparisons has not all contrasts")
    drawn = page.all(f"#{prefix}comparisons svg path.range")  # a ratio off the axis has no circle
    check(len(drawn) == len([one for one in contrasts if "ratio" in one]), "not all comparisons are drawn")


def check_drawn(page):
    """Every section that is there has what it is for, and nothing in it is off the scale."""
    check(page.ask("return performance.getEntriesByType('resource').length") == 0, "the page loads something")
    data = page.ask("return JSON.parse(document.getElementById('data').textContent)")
    check(len(prefixes(page)) == len(data["reports"]), "not all reports are drawn")
    for prefix, report in zip(prefixes(page), data["reports"]):
        rows = len(page.all(f"#{prefix}cells tbody tr"))
        check(rows == len(report["summary"]["rows"]), f"#{prefix}cells has not all cells")
        check_comparisons(page, prefix, report["summary"].get("pair", {}).get("contrasts", []))
    if "verdicts" in data:
        claims = data["verdicts"]["claims"]
        check(len(page.all("#verdicts table.claims tbody tr")) == len(claims), "the table has not all claims")
        check(len(page.all("#verdicts .claim")) == len(claims), "not all claims are told of")
        contrasts = [contrast for claim in claims for contrast in claim["contrasts"]]
        rows = page.ask("return [...document.querySelectorAll('#verdicts .contrasts tbody tr')].map(" +
                        "(row) => row.children[2].textContent)")
        check(len(rows) == len(contrasts), "the table has not all contrasts")
        for row, contrast in zip(rows, contrasts):
            check(row.startswith(contrast["measure_text"]), f"{contrast['label']}: its measure is not told")
        ratios = [one for one in contrasts for side in ("final", "replication") if "ratio" in one[side]]
        check(len(page.all("#verdicts svg path.range")) == len(ratios), "not all ratios are drawn")
    sections = page.ask("return [...document.querySelectorAll('section')].map((section) => section.id)")
    for name in charted(page, sections):
        drawn = page.ask("""
            return [...document.querySelectorAll(`#${arguments[0]} .panels svg`)].map((svg) => ({
                title: svg.querySelector('.title').textContent,
                marks: [...svg.querySelectorAll('rect, circle, path:not(.frame):not(.rule)')].filter(
                    (mark) => mark.tagName !== 'path' || /[LHVCQA]/i.test(mark.getAttribute('d') || '')).length,
                empty: svg.querySelector('path.line') && !svg.querySelector('path.line[d]:not([d=""])'),
                unsaid: ['NaN', 'undefined', 'Infinity'].filter((word) => svg.outerHTML.includes(word)),
                overflow: [...svg.querySelectorAll('text')].filter((text) => text.textContent && (
                    text.getBoundingClientRect().left < svg.getBoundingClientRect().left - 2 ||
                    text.getBoundingClientRect().right > svg.getBoundingClientRect().right + 2)).length,
            }));""", name)
        check(drawn, f"#{name} has no chart")
        for chart in drawn:
            where = f"#{name}, {chart['title']}"
            check(chart["marks"] > 0, f"{where}: nothing is drawn")
            check(not chart["empty"], f"{where}: its lines are empty")
            check(not chart["unsaid"], f"{where}: it says {', '.join(chart['unsaid'])}")
            check(chart["overflow"] == 0, f"{where}: {chart['overflow']} texts are cut off")
    return sections


def check_shared_axes(page, prefix):
    for name in (f"{prefix}curves", f"{prefix}survival"):
        ticks = page.ask("""
            return [...document.querySelectorAll(`#${arguments[0]} .panels figure`)].map((figure) => {
                const texts = (anchor) => [...figure.querySelectorAll(`.tick text[text-anchor=${anchor}]`)].map(
                    (text) => text.textContent).join(' ');
                return [texts('end'), figure.dataset.group + texts('middle'), figure.dataset.group]; });""", name)
        vertical, horizontal, groups = (len({one[i] for one in ticks}) for i in range(3))
        check(vertical <= 1 and horizontal == groups, f"#{name}: its panels do not share their axes")


def press(page, button):
    """A click, wherever on the page the button is and whatever is stuck to the top of the window."""
    page.ask("arguments[0].scrollIntoView({ block: 'center' }); arguments[0].click()", button)


def check_sorting(page, prefix):
    heads = page.all(f"#{prefix}cells th button")
    check(len(heads) >= 5, "the table has no headings that sort")
    steps = page.ask(f"return [...document.querySelectorAll('#{prefix}cells th')].findIndex(" +
                     "(th) => th.textContent === 'steps')")

    def column():
        return page.ask("""return [...document.querySelectorAll(`#${arguments[1]}cells tbody tr`)].map((row) => {
            const text = row.children[arguments[0]].textContent;
            return text === '—' ? null : text.startsWith('not') ? 1e300 : parseFloat(text); });""", steps, prefix)

    reports = page.ask("return JSON.parse(document.getElementById('data').textContent).reports")
    rows = reports[prefixes(page).index(prefix)]["summary"]["rows"]
    measured = [row for row in rows if row["steps"]["median_status"] != "not_measured"]
    press(page, heads[steps])
    known = [value for value in column() if value is not None]
    check(len(known) == len(measured), "the column of steps has not all that are known")
    check(known == sorted(known), "the table is not sorted by steps")
    press(page, heads[steps])
    known = [value for value in column() if value is not None]
    check(known == sorted(known, reverse=True), "the table is not sorted by steps, downwards")
    states = page.ask(f"return [...document.querySelectorAll('#{prefix}cells th')].map(" +
                      "(th) => th.getAttribute('aria-sort'))")
    check(states[steps] == "descending" and states.count("none") == len(states) - 1, "aria-sort is wrong")


def check_filter(page, prefix):
    def counts():
        return page.ask("""const root = document.getElementById(`${arguments[0]}cells`).parentElement;
            return [document.querySelectorAll(`#${arguments[0]}cells tbody tr`).length,
                    root.querySelectorAll('.panels .series').length];""", prefix)

    before = counts()
    buttons = page.all(f"#{prefix}filter button")
    if buttons:
        press(page, buttons[-1])
        after = counts()
        check(0 <= after[0] < before[0] and after[1] <= before[1], "a switch of the filter hides nothing")
        check(buttons[-1].get_attribute("aria-pressed") == "false", "a switch does not say that it is off")
        press(page, buttons[-1])
        check(counts() == before, "a switch does not bring back what it hid")
    field = page.all(f"#{prefix}filter .filter-text")[0]
    field.send_keys("no cell has this word")
    check(counts() == [0, 0], "the words of the filter hide nothing")
    page.ask("arguments[0].value = ''; arguments[0].dispatchEvent(new Event('input'))", field)
    check(counts() == before, "an empty filter does not show everything")


def drawing_around(page, control):
    """What the section of a control shows but for the controls themselves."""
    return page.ask("""return [...arguments[0].closest('section').querySelectorAll('.panels, .key')].map(
        (one) => one.outerHTML).join();""", control)


def check_controls(page):
    """Each choice of each section draws something else, and without an error."""
    for number in range(len(page.all("section .controls:not(.filter .controls) button"))):
        button = page.all("section .controls:not(.filter .controls) button")[number]
        was_chosen, before = button.get_attribute("aria-pressed") == "true", drawing_around(page, button)
        press(page, button)
        check(button.get_attribute("aria-pressed") == "true", f"{button.text} cannot be chosen")
        changed = drawing_around(page, button) != before
        check(changed != was_chosen, f"the choice {button.text} draws the {'other' if was_chosen else 'same'}")
    check_drawn(page)
    for number in range(len(page.all("section .controls select"))):
        select = page.all("section .controls select")[number]
        for place in range(page.ask("return arguments[0].options.length", select)):
            before = drawing_around(page, select)
            name, is_other = page.ask("""const [select, place] = arguments;
                const isOther = select.selectedIndex !== place;
                select.selectedIndex = place;
                select.dispatchEvent(new Event('change'));
                return [select.options[place].textContent, isOther];""", select, place)
            check(not is_other or drawing_around(page, select) != before, f"the choice {name} draws the same")
    check_drawn(page)


def check_paper(page):
    """All panels are printed, and what the filter leaves out is said."""
    page.media("light", "print")
    page.ask("dispatchEvent(new Event('beforeprint'))")
    check(not page.all("button.more"), "paper lacks panels")
    told = page.ask("return [...document.querySelectorAll('.paper .filter-count')].every(" +
                    "(one) => one.offsetParent && one.textContent !== '')")
    check(told, "paper does not say how many cells it shows")
    page.media("light")


def check_hover(page, sections):
    from selenium.webdriver.common.action_chains import ActionChains
    for name in charted(page, sections):
        svg = page.all(f"#{name} .panels svg")[0]
        page.ask("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", svg)
        spot = page.ask("""const svg = arguments[0].getBoundingClientRect();
            const marks = [...arguments[0].querySelectorAll(
                'rect, circle, path:not(.frame, .area)')].filter(
                (mark) => mark.tagName !== 'path' || mark.getAttribute('d'));
            const line = marks[0].tagName === 'path' && marks[0].getTotalLength && marks[0].classList.contains('line');
            const box = marks[marks.length - 1].getBoundingClientRect();
            const scale = svg.width / arguments[0].viewBox.baseVal.width;
            const end = line && marks[0].getPointAtLength(marks[0].getTotalLength());
            const [x, y] = line ? [svg.x + end.x * scale, svg.y + end.y * scale]
                                : [box.x + box.width / 2, box.y + box.height / 2];
            const before = scrollY;
            scrollBy({ top: y - innerHeight / 2, behavior: 'instant' });  // the chart may be higher than the window
            return [x, y - (scrollY - before)];""", svg)
        actions = ActionChains(page.browser)
        actions.w3c_actions.pointer_action.move_to_location(round(spot[0]), round(spot[1]))
        actions.perform()
        check("\n" in page.tip(), f"#{name}: hovering says nothing")
        inside = page.ask("""const box = document.getElementById('tip').getBoundingClientRect();
            return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;""")
        check(inside, f"#{name}: what hovering says is off the screen")


def check_keyboard(page, sections):
    from selenium.webdriver.common.keys import Keys
    page.browser.refresh()  # Tab then starts at the top
    page.ask("""window.reached = [];
        addEventListener('focusin', ({ target: at }) => reached.push([at.tagName.toLowerCase(),
            at.closest('.filter')?.id || at.closest('section')?.id || '', getComputedStyle(at).outlineStyle]));""")
    for _ in range(100):
        before = page.ask("return reached.length")
        for _ in range(100):
            page.press_tab()
        if page.ask("return reached.length") < before + 100:
            break  # past the last one, in the browser's own controls
    reached = set()
    for tag, section, outline in page.ask("return reached"):
        check(outline != "none", f"the focus on {tag} in {section} is not seen")
        reached.add((tag, section))
    for prefix in prefixes(page):
        check(("button", f"{prefix}cells") in reached, f"the headings of #{prefix}cells are not reached by Tab")
        check(("input", f"{prefix}filter") in reached, f"#{prefix}filter is not reached by Tab")
    for name in charted(page, sections):
        check(("svg", name) in reached, f"the charts of #{name} are not reached by Tab")
        svg = page.all(f"#{name} .panels svg")[0]
        page.ask("arguments[0].focus()", svg)
        texts = []
        for _ in range(2):
            page.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
            texts.append(page.tip())
        check(texts[0] != "", f"#{name}: arrow keys read nothing")
        page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        check(page.ask("return document.getElementById('tip').hidden"), f"#{name}: Escape leaves the point")


def lightness(page):
    colour = page.ask("return getComputedStyle(document.body).backgroundColor")
    numbers = [float(part) for part in colour[colour.index("(") + 1:-1].split(",")[:3]]
    return sum(numbers) / 3


def check_colours(page):
    page.media("dark")
    check(lightness(page) < 60, "the page stays light where dark is preferred")
    page.all("#theme")[0].click()
    check(lightness(page) > 200, "the switch does not make the page light")
    page.media("light")
    page.all("#theme")[0].click()
    check(lightness(page) < 60, "the switch does not make the page dark")
    page.all("#theme")[0].click()
    check(lightness(page) > 200, "the switch does not go back to the system's colours")
    page.media("dark", "print")
    check(lightness(page) > 200, "paper is dark")
    hidden = page.ask("return [...document.querySelectorAll('.control, .controls')].every((one) => !one.offsetParent)")
    check(hidden, "paper has controls")
    page.media("light")


def take_pictures(page, folder):
    folder.mkdir(parents=True, exist_ok=True)
    page.ask("scrollTo(0, 0); document.activeElement.blur()")
    page.picture(folder / "light.png")
    page.media("dark")
    page.picture(folder / "dark.png")
    page.media("light")
    page.grey(True)
    page.picture(folder / "grey.png")
    page.grey(False)
    (folder / "paper.pdf").write_bytes(page.paper())
    page.browser.set_window_size(480, 900)
    page.ask("return new Promise((done) => setTimeout(done, 400))")
    page.picture(folder / "narrow.png")
    wide = page.ask("return document.documentElement.scrollWidth > innerWidth")
    check(not wide, "a narrow window has to be scrolled sideways")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--screenshots", type=pathlib.Path)
    arguments = parser.parse_args()
    if not arguments.page.is_file():
        parser.error(f"{arguments.page} is no file")
    check(arguments.page.stat().st_size <= 3_000_000, "the page is larger than 3 MB")
    browser = open_browser()
    try:
        page = Page(browser, arguments.page)
        sections = check_drawn(page)
        for prefix in prefixes(page):
            check_shared_axes(page, prefix)
            check_sorting(page, prefix)
            check_filter(page, prefix)
        check_hover(page, sections)
        check_keyboard(page, sections)
        check_colours(page)
        if arguments.screenshots:
            take_pictures(page, arguments.screenshots)
            browser.set_window_size(1280, 900)
            page.ask("return new Promise((done) => setTimeout(done, 400))")  # charts are drawn anew
        check_controls(page)
        check_paper(page)
        for entry in browser.get_log("browser"):
            check(entry["level"] not in ("SEVERE", "WARNING"), f"the console says: {entry['message']}")
    finally:
        browser.quit()
    print(f"check_page: {len(sections)} sections, {len(FAULTS)} faults")
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
