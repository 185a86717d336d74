// The lab as a page: on any server, without a network, on small screens, for everybody.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { browserFor } from '../../chromium.js'
import { open, PAGE, plainServer, served, untilState } from './page.js'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What an accessibility checker calls serious or worse. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
}

test('from any web server, in one thread, and without a network after the first visit', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url, server } = await plainServer()
  const { page, errors } = await open(browser, url, { serviceWorkers: 'allow' })
  assert.equal(await page.evaluate(() => crossOriginIsolated), false)
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await page.waitForFunction(async () => {
    const [name] = await caches.keys()
    return name !== undefined && (await (await caches.open(name)).keys()).some(({ url }) => url.endsWith('.wasm'))
  })
  await page.reload()
  await page.waitForFunction(() => navigator.serviceWorker.controller)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await page.reload()
  await page.locator('.verdict:not(.wait)').first().waitFor()
  await page.getByRole('button', { name: 'One step' }).click()
  await untilState(page, 'Paused')
  assert.deepEqual(errors, [])
})

const SCREENS = [
  [390, 'light'],
  [390, 'dark'],
  [768, 'dark'],
  [1280, 'light'],
  [1920, 'dark'],
] as const

for (const [width, colorScheme] of SCREENS)
  test(`at ${width} pixels, ${colorScheme}: nothing sticks out, and a checker finds nothing serious`, async (t) => {
    const browser = await browserFor(t)
    if (!browser) return
    const { url } = await served()
    const address = `${url}#rule=forward-forward&data=glyphs&preset=quick&set.units=40,40&limit=1000&epochs=1&race=backprop&story=never-talk.1`
    const { page, errors } = await open(browser, address, { viewport: { width, height: 900 }, colorScheme })
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await untilState(page, 'Trained')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= width, `${wide} pixels wide`)
    assert.deepEqual(await serious(page), [])
    await page.locator('.rule').click()
    await page.getByRole('dialog').waitFor()
    assert.deepEqual(await serious(page), [])
    await page.keyboard.press('Escape')
    assert.deepEqual(errors, [])
    await page.context().close()
  })

test('with the keyboard alone: choose a rule, train, stop', async (t) => {
  const browser = await browserFor(t)
  if (!browser) return
  const { url } = await served()
  const { page } = await open(browser, url)
  const focusOn = async (name: RegExp): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const text = await page.evaluate(() => {
        const { activeElement: own, body } = document
        return own === body ? '' : (own?.textContent ?? '')
      })
      if (name.test(text)) return
      await page.keyboard.press('Tab')
    }
    assert.fail(`no way to ${name}`)
  }
  await focusOn(/Forward-Forward.*Change/s)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await focusOn(/^\s*Backpropagation\s*one loss/)
  await page.keyboard.press('Enter')
  await page.waitForURL(/rule=backprop/)
  await page.locator('.verdict', { hasText: 'Not local' }).waitFor()
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await focusOn(/^\s*Train\s*$/)
  await page.keyboard.press('Enter')
  await untilState(page, 'Training')
  await page.keyboard.press('Enter')
  await untilState(page, 'Paused')
})

test('the page’s script is at most 400 KB packed, without ONNX Runtime and what few ask for', () => {
  const packedSize = (text: string | Buffer): number => gzipSync(text, { level: 9 }).length
  const parts = readdirSync(join(PAGE, 'parts')).filter((name) => !name.startsWith('editor'))
  const files = ['lab.js', 'worker.js', ...parts.map((name) => join('parts', name))]
  const sum = files.reduce((all, file) => all + packedSize(readFileSync(join(PAGE, file))), 0)
  // Its two builds lie in the worker.
  const builds = fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm')))
  const runtime = ['wasm', 'webgpu'].reduce(
    (all, name) => all + packedSize(readFileSync(join(builds, `ort.${name}.min.mjs`))),
    0,
  )
  assert.ok(sum - runtime <= 400_000, `${sum - runtime} bytes`)
})
