// Opens reports in Chromium: what a reader sees, by day and by night, on a desk and on a telephone.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { browserFor } from '../chromium.js'
import { onward, workFolder } from '../cli/onward.js'

const folder = workFolder()
const small = ['--data', 'glyphs', '--limit', '400', '--threads', '1']

const made = (async () => {
  const run = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await onward(folder, ...args)
    assert.equal(code, 0, stderr)
  }
  await run('train', 'forward-forward', ...small, '--epochs', '3', '--set', 'units=30,20', '--out', 'one')
  await run('train', 'backprop', ...small, '--epochs', '2', '--set', 'units=30,20', '--out', 'two')
  await run(
    'compare',
    'forward-forward',
    'broadcast',
    ...small,
    '--set',
    'units=20,10',
    '--seeds',
    '2',
    '--budget',
    'epochs=2',
    '--out',
    'arms',
  )
  await run(
    'tune',
    'backprop',
    ...small,
    '--epochs',
    '1',
    '--trials',
    '12',
    '--sampler',
    'random',
    '--study',
    'study.jsonl',
  )
  await run('report', 'one', '--out', 'one.html')
  await run('report', 'one', 'two', 'arms', 'study.jsonl', '--out', 'all.html')
})()

/** A page as a desk or a telephone shows it, and what goes wrong in it. */
async function reader(
  browser: Browser,
  width: number,
  colorScheme: 'light' | 'dark',
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, isMobile: width < 600, colorScheme })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('requestfailed', (request) => problems.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  return { page, problems }
}

/** What screen readers are told: roles and names. */
async function accessible(page: Page): Promise<{ role: string; name: string }[]> {
  const { nodes } = await (await page.context().newCDPSession(page)).send('Accessibility.getFullAXTree')
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name }) => ({ role: `${role?.value ?? ''}`, name: `${name?.value ?? ''}` }))
}

interface Seen {
  readonly figures: readonly {
    title: string
    marks: number
    image: number
    right: number
    wide: number
    text: number
  }[]
  readonly scrollWidth: number
  readonly clientWidth: number
  readonly ground: string
  readonly scripts: number
}

/** What is seen of every figure, and whether something sticks out sideways. */
const SEEN = `(() => {
  const marks = 'circle, line, path, rect, text, img, td, dt, dd'
  const figures = [...document.querySelectorAll('figure')].map((figure) => ({
    title: figure.querySelector('h4').textContent,
    marks: [...figure.querySelectorAll(marks)].filter((mark) => mark.getBoundingClientRect().width + mark.getBoundingClientRect().height > 0).length,
    image: figure.querySelector('img')?.naturalWidth ?? 0,
    right: figure.getBoundingClientRect().right,
    wide: figure.querySelector('.scroll > img')?.getBoundingClientRect().width ?? 999,
    text: Math.min(99, ...[...figure.querySelectorAll('svg text')].map((text) => text.getBoundingClientRect().height)),
  }))
  const { scrollWidth, clientWidth } = document.documentElement
  return { figures, scrollWidth, clientWidth, ground: getComputedStyle(document.body).backgroundColor, scripts: document.scripts.length }
})()`

test('a report has no script and asks for nothing; every figure has marks and fits, on a desk and a telephone, day and night', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  await made
  for (const file of ['one.html', 'all.html']) {
    const grounds = new Set<string>()
    for (const width of [1280, 390])
      for (const scheme of ['light', 'dark'] as const) {
        const { page, problems } = await reader(browser, width, scheme)
        await page.goto(pathToFileURL(join(folder, file)).href)
        const { figures, scrollWidth, clientWidth, ground, scripts } = await page.evaluate<Seen>(SEEN)
        const where = `${file}, ${width} pixels, ${scheme}`
        assert.ok(clientWidth > width - 20 && clientWidth <= width, where)
        assert.equal(scrollWidth, clientWidth, `${where}: it scrolls sideways`)
        assert.equal(scripts, 0)
        assert.ok(figures.length > (file === 'one.html' ? 9 : 25), `${where}: ${figures.length} figures`)
        for (const { title, marks, image, right, wide, text } of figures) {
          assert.ok(marks > 3 || image > 50, `${where}: ${title} has ${marks} marks`)
          assert.ok(right <= clientWidth, `${where}: ${title} sticks out`)
          assert.ok(wide >= 600, `${where}: the picture ${title} is ${wide} pixels wide, too few for its letters`)
          assert.ok(text >= 7, `${where}: the text of ${title} is ${text} pixels high`)
        }
        grounds.add(ground)
        const told = await accessible(page)
        const images = told.filter(({ role }) => role === 'image' || role === 'img' || role === 'graphics-document')
        assert.equal(images.length, await page.locator('figure > svg, figure img').count())
        assert.deepEqual(
          images.filter(({ name }) => name.length < 10),
          [],
          'every picture has a name',
        )
        assert.deepEqual(problems, [])
        await page.context().close()
      }
    assert.equal(grounds.size, 2, 'day and night have their own ground')
  }
})

test('links, tables that scroll and what unfolds are reached by keyboard, and Enter unfolds it', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  await made
  const { page } = await reader(browser, 390, 'light')
  await page.goto(pathToFileURL(join(folder, 'one.html')).href)
  const reached: string[] = []
  for (let press = 0; press < 12; press++) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate('document.activeElement.tagName'))
    if (reached.at(-1) === 'SUMMARY') break
  }
  assert.ok(reached.includes('A') && reached.at(-1) === 'SUMMARY', reached.join())
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.parentElement.open'), true)
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(`document.activeElement.getAttribute('role')`), 'region')
})
