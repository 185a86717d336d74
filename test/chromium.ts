import { existsSync } from 'node:fs'
import { after, type TestContext } from 'node:test'
import { type Browser, chromium } from 'playwright-core'

/** The browser on this machine; undefined where there is none. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

export const NO_CHROMIUM = 'no Chromium on this machine: the browser itself was not tried'

/** A browser without a window, which ends with this process at the latest. */
export const launchChromium = (flags: readonly string[] = []): Promise<Browser> => {
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const args = ['--disable-gpu', '--disable-background-networking', ...sandbox, ...flags]
  return chromium.launch({ executablePath: CHROMIUM!, args })
}

let browser: Promise<Browser> | undefined
after(async () => {
  await (await browser)?.close()
})

/** One browser for all tests of a file, or undefined where there is none: then the test says that it was skipped. */
export async function browserFor(t: TestContext): Promise<Browser | undefined> {
  if (!CHROMIUM) {
    t.skip(NO_CHROMIUM)
    return undefined
  }
  browser ??= launchChromium()
  return await browser
}
