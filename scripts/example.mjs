// Runs an example: `npm run example` the first one, `npm run example 03` the one whose name begins so.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const [wanted = '01'] = process.argv.slice(2)
const names = readdirSync('examples')
  .map((file) => file.replace(/\.ts$/, ''))
  .sort()
const name = names.find((own) => own.startsWith(wanted))
if (!name) {
  console.error(`There is no example ${wanted}; there are ${names.join(', ')}`)
  process.exit(2)
}
for (const script of [['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'], [`build/examples/${name}.js`]])
  execFileSync(process.execPath, script, { stdio: 'inherit' })
