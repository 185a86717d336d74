// The lab as it was built (npm run build), served here and opened in Chromium.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { offersHere } from '../dist/cli/lab/offers.js'
import { serveLab } from '../dist/cli/lab/server.js'

/** `experiment`: as the page's address has it. `view`: what Playwright's newPage takes. The page has read its certificate. */
export async function openLab(experiment, view) {
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  const server = await serveLab({
    page: fileURLToPath(new URL('../dist/lab', import.meta.url)),
    runtime: fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm'))),
    ...{ host: '127.0.0.1', port: 0, offers: offersHere({ runs: 'no runs' }) },
  })
  const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
  const page = await browser.newPage(view)
  await page.goto(`${server.url}#${experiment}`)
  await page.locator('.verdict:not(.wait)').first().waitFor()
  return {
    ...{ browser, page },
    async train() {
      await page.getByRole('button', { name: 'Train', exact: true }).click()
      await page.getByText('Test accuracy').waitFor({ timeout: 300_000 })
    },
    async close() {
      await browser.close()
      await server.close()
    },
  }
}
