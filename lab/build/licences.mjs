import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The packages of whose code something is in a bundle, by what esbuild tells of it. */
const packagesIn = ({ inputs }) =>
  Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** A page with the licences of all packages whose code the lab hands out. */
export function licencesOf(metafiles) {
  const names = [...new Set(metafiles.flatMap(packagesIn))].sort()
  const texts = names.map((name) => {
    const folder = join('node_modules', name)
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = existsSync(folder) && readdirSync(folder).find((own) => /^licen[cs]e/i.test(own))
    const text = file ? readFileSync(join(folder, file), 'utf8') : ''
    return `${name} ${version} (${license})\n\n${text.trim()}`
  })
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8" />' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'" /><title>Licences of the lab</title>` +
    `<pre>${escaped(texts.join(`\n\n${'-'.repeat(80)}\n\n`))}</pre></html>\n`
  )
}
