// The lab in Chromium, as a person uses it.
// At most 60 s: a network is trained beside the page, and every rule is opened.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addressOf } from '../../../lab/src/state/address.js'
import { STORIES } from '../../../lab/src/stories/stories.js'
import { offersHere } from '../../../src/cli/lab/offers.js'
import { train } from '../../../src/node.js'
import { RULES } from '../../../src/rules/registry.js'
import { browserFor } from '../../chromium.js'
import { workFolder } from '../../cli/onward.js'
import { keptValues, open, served, stateOf, untilState } from './page.js'

const SMALL = '#rule=forward-forward&data=glyphs&set.units=60,40&epochs=1&limit=2000'

test('opening a link starts nothing; a training has the accuracy of the same one in Node', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, url + SMALL)
  await page.waitForTimeout(500)
  assert.equal(await stateOf(page), 'Ready')
  assert.equal(await page.evaluate(() => crossOriginIsolated), true)
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await untilState(page, 'Trained')
  const shown = Number.parseFloat(await page.locator('.controls dd').last().innerText())

  let wanted = 0
  const options = { epochs: 1, limit: 2000 }
  for await (const event of train({
    rule: 'forward-forward',
    data: 'glyphs',
    hyper: { units: [60, 40] },
    options,
    out: false,
  }))
    if (event.event === 'done') wanted = event.test.network!.accuracy!
  // Of 2,000 test images one is 0.05 %; the page shows tenths.
  assert.ok(Math.abs(shown - 100 * wanted) <= 0.1 + 1e-9, `${shown} in the page, ${100 * wanted} in Node`)

  const pad = page.locator('.draw canvas')
  await pad.scrollIntoViewIfNeeded()
  const box = (await pad.boundingBox())!
  await page.mouse.move(box.x + 120, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + 130, box.y + 210, { steps: 12 })
  await page.mouse.up()
  await page.getByRole('img', { name: /^network says \d$/ }).waitFor()
  assert.equal(await page.getByRole('img', { name: /^layer \d says \d$/ }).count(), 2)
  assert.deepEqual(errors, [])
})

test('one step, slow motion phase by phase, reset', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, url + SMALL)
  await page.getByRole('button', { name: 'One step' }).click()
  await untilState(page, 'Paused')
  assert.match(await page.locator('.use header p').innerText(), /after 1 step/)
  await page.getByRole('button', { name: 'Slow motion' }).click()
  for (const phase of ['positive pass', 'negative pass', 'learn'])
    await page.locator('.phases .now', { hasText: phase }).waitFor()
  await page.getByRole('button', { name: 'Slow motion' }).click()
  await page.locator('.verdict').first().waitFor()
  await page.getByRole('button', { name: 'Reset' }).first().click()
  await untilState(page, 'Ready')
  assert.match(await page.locator('.use header p').innerText(), /after 0 steps/)
  assert.deepEqual(errors, [])
})

for (const { id } of RULES)
  test(`${id} trains a step and is drawn`, async (t) => {
    const browser = await browserFor(t)
    if (!browser) return
    const { url } = await served()
    const { page, errors } = await open(browser, `${url}#rule=${id}&data=glyphs&preset=quick&limit=1000`)
    assert.ok((await page.locator('.place.layer, .place.layers').count()) > 0)
    await page.getByRole('button', { name: 'One step' }).click()
    await untilState(page, 'Paused')
    assert.equal(await page.locator('.problem').count(), 0)
    await page.locator('.strip canvas').first().waitFor()
    assert.deepEqual(errors, [])
    await page.context().close()
  })

test('a race against backpropagation is one click away', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, url + SMALL)
  await page.getByRole('button', { name: 'Race backpropagation' }).click()
  assert.match(page.url(), /race=backprop/)
  await page.locator('.race li', { hasText: 'Backpropagation' }).locator('small', { hasText: 'not local' }).waitFor()
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await page.waitForFunction(
    () => [...document.querySelectorAll('.race li b')].filter((own) => own.textContent?.includes('%')).length === 2,
  )
  assert.match(await page.locator('.race .lead').innerText(), /(leads after|no rule clearly leads).*may be chance/s)
  assert.deepEqual(errors, [])
})

/** The small experiment, trained; undefined where there is no browser. */
async function trained(t: TestContext) {
  const browser = await browserFor(t)
  if (!browser) return undefined
  const { url } = await served()
  const own = await open(browser, url + SMALL)
  await own.page.getByRole('button', { name: 'Train', exact: true }).click()
  await untilState(own.page, 'Trained')
  return own
}

test('a rival that comes to a training that is under way, or over, begins at once', async (t) => {
  const own = await trained(t)
  if (!own) return
  const { page, errors } = own
  const percentOf = (rule: string) => page.locator('.race li', { hasText: rule }).locator('b', { hasText: '%' })
  await page.getByRole('button', { name: 'Race backpropagation' }).click()
  await percentOf('Backpropagation').waitFor()
  // The one that is there already loses nothing by another one.
  await page.getByLabel('Add a rule').selectOption('Broadcast')
  await percentOf('Backpropagation').waitFor()
  await percentOf('Broadcast').waitFor()
  assert.equal(await page.getByLabel('Add a rule').inputValue(), '', 'another one can be chosen')
  assert.deepEqual(errors, [])
})

test('of a network that is trained, slow motion shows a step; one that is left is a page back', async (t) => {
  const own = await trained(t)
  if (!own) return
  const { page, errors } = own
  await page.getByRole('button', { name: 'Slow motion' }).click()
  for (const phase of ['positive pass', 'negative pass', 'learn', 'positive pass'])
    await page.locator('.phases .now', { hasText: phase }).waitFor()
  await page.getByRole('button', { name: 'Slow motion' }).click()
  await page.getByLabel('negatives').selectOption('uniform')
  await page.locator('.notes', { hasText: 'go back a page' }).waitFor()
  await page.goBack()
  await page.getByRole('button', { name: 'Go on with it' }).click()
  await untilState(page, 'Trained')
  assert.deepEqual(errors, [])
})

test('every story is told from its first page to its last, and each page is a link', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, url)
  for (const story of STORIES) {
    await page.getByRole('button', { name: 'Stories' }).click()
    await page.getByRole('button', { name: story.title }).click()
    for (const [i, own] of story.pages.entries()) {
      await page.locator('.story', { hasText: own.text[0]!.slice(0, 40) }).waitFor()
      await page.locator('.verdict:not(.wait)').first().waitFor()
      if (own.attack) {
        await page.locator('.story .verdict', { hasText: 'Not local: feedback from above' }).waitFor()
        // The arrow itself, down to the hidden layer.
        await page.locator('.story g.flow.transport').first().waitFor({ state: 'attached' })
      }
      assert.equal(await page.locator('.problem').count(), 0, `${story.id} ${i}`)
      assert.equal(new URL(page.url()).hash, `#${addressOf({ ...own.experiment, story: { id: story.id, page: i } })}`)
      if (i + 1 < story.pages.length) await page.getByRole('button', { name: 'Next' }).click()
    }
    await page.getByRole('button', { name: 'Leave the story' }).click()
  }
  assert.deepEqual(errors, [])
})

test('what is set is in the address, and another page that opens it has the same', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page } = await open(browser, url)
  await page.getByLabel('negatives').selectOption('uniform')
  await page.getByLabel('rate', { exact: true }).fill('0.01')
  await page.getByLabel('rate', { exact: true }).press('Enter')
  await page.waitForURL(/set\.rate=0\.01/)
  const other = await open(browser, page.url())
  assert.equal(await other.page.getByLabel('negatives').inputValue(), 'uniform')
  assert.equal(await other.page.getByLabel('rate', { exact: true }).inputValue(), '0.01')
  await other.page.getByLabel('rate', { exact: true }).fill('-1')
  await other.page.getByLabel('rate', { exact: true }).press('Enter')
  await other.page.locator('.problem', { hasText: 'rate' }).waitFor()
  const wrong = await open(browser, `${url}#rule=nonsense`)
  assert.match(await wrong.page.locator('.notes').innerText(), /nonsense/)
})

test('a rule of one’s own is certified as it is typed, and an attack is told as such', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, url)
  await page.getByRole('button', { name: 'Open the editor' }).click()
  const verdict = page.locator('.own .verdict:not(.wait)')
  await verdict.filter({ hasText: 'Local by cells' }).waitFor()
  await page.locator('.own select').selectOption('An attack')
  await verdict.filter({ hasText: 'Not local: feedback from above enters the updates of hidden' }).waitFor()
  await page.getByRole('button', { name: 'Train it' }).click()
  await page.locator('.own .bar', { hasText: 'images a second' }).waitFor()

  const type = async (text: string): Promise<void> => {
    await page.locator('.own .cm-content').click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.insertText(text)
  }
  await type('export default 1\nconst a = (\n')
  await page.locator('.own .problem', { hasText: 'rule.js:' }).waitFor()
  await type("const no = undefined\n\nno.field\nexport default { id: 'x' }\n")
  await page.locator('.own .problem', { hasText: 'rule.js:3' }).waitFor()
  await page.locator('.own .cm-lintRange-error').waitFor()
  for (const [what, code] of [
    ['network', "await fetch('/served/index.json')"],
    ['script', "await import('/lab.js')"],
    ['store', "indexedDB.open('x')"],
  ] as const) {
    await type(
      `try {\n  ${code}\n  throw new Error('it reached the ${what}')\n} catch (error) {\n  throw new Error('what came of the ${what}: ' + error.message)\n}\n`,
    )
    const told = page.locator('.own .problem', { hasText: `what came of the ${what}` })
    await told.waitFor()
    assert.doesNotMatch(await told.innerText(), /it reached/)
  }
  await type('while (true) {}\n')
  // What is drawn is not of a text that nobody has read to its end.
  await page.locator('.own .foreign', { hasText: 'is of the text before. This one is being read' }).waitFor()
  await page.locator('.own select').selectOption('Local read-outs')
  await verdict.filter({ hasText: 'Local by cells' }).waitFor()
  assert.equal(await page.locator('.own .foreign').count(), 0)
  // What the closed worker was kept from is told by the browser, too.
  assert.deepEqual(
    errors.filter((error) => !/content security policy|refused|violates/i.test(error)),
    [],
  )
})

test('a run of the command line is opened, used, and saved again', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const runs = join(workFolder(), 'runs')
  const options = { epochs: 1, limit: 500 }
  for await (const _ of train({
    rule: 'backprop',
    data: 'glyphs',
    hyper: { units: [20, 20] },
    options,
    out: join(runs, 'mine'),
  }));
  const { url } = await served(offersHere({ runs }))
  const { page, errors } = await open(browser, url)
  await page.getByRole('button', { name: 'mine' }).click()
  await untilState(page, 'Trained')
  assert.match(page.url(), /set\.units=20,20/)
  // What is drawn is the run's network, and no more what the page showed before.
  await page.locator('.verdict', { hasText: 'Not local' }).first().waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'safetensors', exact: true }).click()
  assert.equal((await downloading).suggestedFilename(), 'checkpoint.safetensors')
  assert.deepEqual(errors, [])
})

test('a training whose tab was closed goes on, with the same numbers as if it had not been', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const address = `${url}#rule=forward-forward&data=glyphs&set.units=30,30&epochs=12&limit=3000`
  const accuracy = async (page: Page): Promise<string> => await page.locator('.controls dd').last().innerText()
  const whole = await open(browser, address)
  await whole.page.getByRole('button', { name: 'Train', exact: true }).click()
  await untilState(whole.page, 'Trained')
  const wanted = await accuracy(whole.page)
  await whole.page.context().close()

  const { page, errors } = await open(browser, address)
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await page
    .locator('.controls dd', { hasText: /^[2-9]/ })
    .first()
    .waitFor()
  while ((await keptValues(page)) === 0) await page.waitForTimeout(50)
  await page.close()
  const again = await page.context().newPage()
  await again.goto(address)
  await again.getByRole('button', { name: 'Go on with it' }).click()
  await untilState(again, 'Paused')
  await again.getByRole('button', { name: 'Go on', exact: true }).click()
  await untilState(again, 'Trained')
  assert.equal(await accuracy(again), wanted)
  assert.deepEqual(errors, [])
})
