// The lab over many steps, in two tabs, and with what a person brings.
// At most 60 s: a network is trained for ten thousand steps.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { packed } from '../../../lab/src/own/packed.js'
import { train } from '../../../src/node.js'
import { browserFor, CHROMIUM, launchChromium } from '../../chromium.js'
import { workFolder } from '../../cli/onward.js'
import { bmp } from '../../data/bmp-file.js'
import { keptValues, open, served, stateOf, untilState } from './page.js'

/** 12 x 9 pixels of one colour. */
const picture = (level: number) => bmp(12, 9, 24, { rows: new Array<number>(12 * 9 * 3).fill(level) })

/** A folder for each of two classes, and in one of them a file that is no picture. */
function picturesIn(parent: string): string {
  const folder = join(parent, 'pictures')
  for (const [name, level] of Object.entries({ dark: 30, light: 220 })) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, name, `${i}.bmp`), picture(level + i))
  }
  writeFileSync(join(folder, 'dark', 'broken.png'), 'no picture')
  return folder
}

let measuring: Browser | undefined
after(async () => await measuring?.close())

test('over ten thousand steps memory stays flat, and so does what the page draws', { skip: !CHROMIUM }, async () => {
  measuring = await launchChromium(['--enable-features=MeasureMemory', '--js-flags=--expose-gc'])
  const { url } = await served()
  const address = `${url}#rule=backprop&data=glyphs&set.units=8&epochs=44&limit=2600&batch=10`
  const { page, errors } = await open(measuring, address)
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  const told: { megabytes: number; marks: number; points: number }[] = []
  for (const epoch of [8, 16, 30, 44]) {
    await page.waitForFunction(
      (wanted) => Number.parseInt(document.querySelector('.controls dd')!.textContent!, 10) >= wanted,
      epoch,
    )
    told.push(
      await page.evaluate(async () => ({
        // @ts-expect-error: of isolated pages, and not in the types yet
        megabytes: ((await performance.measureUserAgentSpecificMemory()) as { bytes: number }).bytes / 2 ** 20,
        marks: document.querySelectorAll('.learn svg *').length,
        points: Math.max(
          ...[...document.querySelectorAll('.learn svg path')].map((own) => own.getAttribute('d')!.split('L').length),
        ),
      })),
    )
  }
  await untilState(page, 'Trained')
  const [early, late] = [told[1]!, told.at(-1)!]
  console.log(
    `MiB: ${told.map(({ megabytes }) => megabytes.toFixed(1)).join(', ')}; marks: ${told.map(({ marks }) => marks).join(', ')}`,
  )
  assert.ok(late.megabytes < early.megabytes * 1.15 + 4, `${early.megabytes} MiB early, ${late.megabytes} MiB late`)
  for (const { marks, points } of told) assert.ok(marks < 600 && points <= 121, `${marks} marks, ${points} points`)
  assert.match(await page.locator('.use header p').innerText(), /after 10,\d{3} steps/)
  assert.deepEqual(errors, [])
})

test('two tabs train the same and do not disturb each other; one of them is kept', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const address = `${url}#rule=forward-forward&data=glyphs&set.units=20,20&epochs=2&limit=1000`
  const { page, errors } = await open(browser, address)
  await page.getByRole('button', { name: 'One step' }).click()
  await untilState(page, 'Paused')
  const other = await page.context().newPage()
  await other.goto(address)
  await other.getByRole('button', { name: 'Train', exact: true }).click()
  await other.locator('.notes', { hasText: /is open in another page or tab/ }).waitFor()
  await page.getByRole('button', { name: 'Go on', exact: true }).click()
  await Promise.all([untilState(page, 'Trained'), untilState(other, 'Trained')])
  const accuracy = (own: typeof page) => own.locator('.controls dd').last().innerText()
  assert.equal(await accuracy(page), await accuracy(other))
  assert.equal(await page.locator('.notes').count(), 0)
  assert.deepEqual(errors, [])
})

test('a rule that a link brings is shown and not run, until somebody asks', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const own = await packed("throw new Error('it was run')\n")
  const { page } = await open(browser, `${url}#rule=forward-forward&data=glyphs&own=${own}`)
  await page.locator('.own .foreign').waitFor()
  await page.locator('.own .cm-content', { hasText: 'it was run' }).waitFor()
  const isNotRun = async (): Promise<void> => {
    await page.waitForTimeout(1500)
    assert.equal(await page.locator('.own .problem').count(), 0)
    assert.equal(await page.locator('.own .verdict').count(), 0)
    assert.ok(await page.getByRole('button', { name: 'Train it' }).isDisabled())
  }
  await isNotRun()
  // Undone, another text that was chosen is the link's again.
  await page.locator('.own select').selectOption('Local read-outs')
  await page.locator('.own .verdict:not(.wait)').filter({ hasText: 'Local by cells' }).waitFor()
  await page.locator('.own .cm-content').click()
  await page.keyboard.press('ControlOrMeta+z')
  await page.locator('.own .cm-content', { hasText: 'it was run' }).waitFor()
  await isNotRun()
  await page.getByRole('button', { name: 'Certify it' }).click()
  await page.locator('.own .problem', { hasText: 'it was run' }).waitFor()
})

/** Files and folders of this machine, dropped as a person drops them; `over` is called while they hang over the page. */
async function dropOn(page: Page, files: string[], over = async () => undefined as unknown): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, x: 200, y: 300, data })
  await over()
  await devtools.send('Input.dispatchDragEvent', { type: 'drop', x: 200, y: 300, data })
  await devtools.detach()
}

test('what is dropped and is no picture leaves the training alone; a run is opened, and folders are classes', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const folder = workFolder()
  const [notes, empty, cut] = ['notes.txt', 'empty', 'cut.safetensors'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const mine = join(folder, 'mine')
  const options = { epochs: 1, limit: 500 }
  for await (const _ of train({ rule: 'backprop', data: 'glyphs', hyper: { units: [12] }, options, out: mine }));
  const checkpoint = join(mine, 'checkpoint.safetensors')
  writeFileSync(notes, 'no picture')
  mkdirSync(empty)
  writeFileSync(cut, readFileSync(checkpoint).subarray(0, 9000))
  const pictures = picturesIn(folder)

  const { url } = await served()
  const { page, errors } = await open(browser, `${url}#rule=forward-forward&data=glyphs&set.units=10&epochs=1&batch=4`)
  await page.getByRole('button', { name: 'One step' }).click()
  await untilState(page, 'Paused')
  const told = page.locator('.drop.problem')
  for (const [files, sentence] of [
    [[notes], /There are no pictures among these files/],
    [[empty], /What was dropped holds no files/],
    [[cut], /cut\.safetensors/],
    [[join(pictures, 'dark')], /All these pictures are of one class/],
  ] as const) {
    await dropOn(page, [...files], () => page.locator('.drop', { hasText: 'a folder for each class' }).waitFor())
    await told.filter({ hasText: sentence }).waitFor()
    assert.equal(await stateOf(page), 'Paused')
    assert.match(page.url(), /data=glyphs/)
  }
  await dropOn(page, [checkpoint])
  await page.waitForURL(/rule=backprop.*set\.units=12/)
  await untilState(page, 'Trained')
  assert.equal(await told.count(), 0)

  await dropOn(page, [join(pictures, 'dark'), join(pictures, 'light')])
  await page.locator('.pictures', { hasText: '40 pictures of 2 classes: dark, light' }).waitFor()
  await page.locator('.pictures .problem', { hasText: 'broken.png cannot be read as a picture' }).waitFor()

  // Files that another page or program hands over lie in no folder.
  await page.evaluate(
    (files) => {
      const dataTransfer = new DataTransfer()
      for (const [name, bytes] of files) dataTransfer.items.add(new File([Uint8Array.from(bytes)], name))
      dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }))
    },
    ['cat-1.bmp', 'cat-2.bmp', 'dog-1.bmp', 'dog-2.bmp'].map((name, i) => [name, [...picture(60 * i)]] as const),
  )
  await page.locator('.pictures', { hasText: '4 pictures of 2 classes: cat, dog' }).waitFor()
  assert.deepEqual(errors, [])
})

test('pictures of one’s own train in the browser alone, and bad files get their sentence', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const folder = picturesIn(workFolder())
  const { url } = await served()
  const { page, errors } = await open(browser, `${url}#rule=forward-forward&data=glyphs&set.units=10&epochs=1&batch=4`)
  const requests: string[] = []
  page.on('request', (request) => request.method() !== 'GET' && requests.push(request.url()))
  await page.getByLabel('Data').selectOption('own-pictures')
  await page.locator('.notes', { hasText: 'which no link carries' }).waitFor()
  await page.locator('.pictures input[type=file]').first().setInputFiles(folder)
  await page.locator('.pictures', { hasText: '40 pictures of 2 classes: dark, light' }).waitFor()
  await page.locator('.pictures .problem', { hasText: 'broken.png cannot be read as a picture' }).waitFor()
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await page.waitForFunction(() => document.querySelector('.controls [role=status]')?.textContent === 'Trained')
  assert.match(page.url(), /data=own-pictures/)
  assert.deepEqual([requests, errors], [[], []])
})

/** From now on every third write fails: by then what was kept is deleted, and a part of the new is there. */
const filled = (page: Page) =>
  page.evaluate(() => {
    const { put } = IDBObjectStore.prototype
    let puts = 0
    IDBObjectStore.prototype.put = function (...given) {
      if (++puts % 3 === 0) throw new DOMException('no room', 'QuotaExceededError')
      return put.apply(this, given)
    }
  })

test('a store that gets full in the middle of a run is told; the training goes on, and what was kept is there', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const address = `${url}#rule=backprop&data=glyphs&set.units=200,200&epochs=12&limit=2000`
  const { page, errors } = await open(browser, address)
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  while ((await keptValues(page)) === 0) await page.waitForTimeout(20)
  await filled(page)
  await page.locator('.notes', { hasText: "This training is not kept: the browser's store is full" }).waitFor()
  await untilState(page, 'Trained')
  assert.ok((await keptValues(page)) > 10)
  const again = await page.context().newPage()
  await page.close()
  await again.goto(address)
  await again.getByRole('button', { name: 'Go on with it' }).click()
  await untilState(again, 'Paused')
  // What is kept goes on, too.
  await filled(again)
  await again.getByRole('button', { name: 'Go on', exact: true }).click()
  await again.locator('.notes', { hasText: "This training is not kept: the browser's store is full" }).waitFor()
  await untilState(again, 'Trained')
  assert.deepEqual(errors, [])
})

test('what is left while it is opened leaves no worker behind', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page, errors } = await open(browser, `${url}#rule=forward-forward&data=glyphs&set.units=20`)
  // The worker waits for it without end, as it would for a rule that never comes to its end.
  await page.route('**/runtime/*', () => undefined)
  const workers = async (count: number): Promise<void> => {
    for (let i = 0; page.workers().length !== count; i++) {
      assert.ok(i < 600, `${page.workers().length} workers, not ${count}`)
      await page.waitForTimeout(50)
    }
  }
  await workers(1)
  const asked = page.waitForRequest('**/runtime/*')
  await page.getByRole('button', { name: 'Train', exact: true }).click()
  await asked
  await workers(2)
  await page.getByLabel('negatives').selectOption('uniform')
  await workers(1)
  assert.deepEqual(errors, [])
})
