/**
 * Imported first by all that programs import: an older Node would fail somewhere later, with an error that gives no
 * reason. What is imported beside it must at least be linked there: names that old versions of Node lack are taken from
 * a module as a whole (`os.availableParallelism`).
 */
const FLOOR = [20, 19] as const

interface Host {
  readonly process?: { readonly versions?: { readonly node?: string } }
}

/** What keeps Onward from running there, in a sentence; undefined in browsers and from Node 20.19 on. */
export function tooOld({ process }: Host): string | undefined {
  const version = process?.versions?.node
  const [major = 0, minor = 0] = version?.split('.').map(Number) ?? FLOOR
  if (major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1])) return undefined
  return `Onward needs Node ${FLOOR.join('.')} or later, and this is Node ${version}: install a newer one (https://nodejs.org).`
}

const lack = tooOld(globalThis as Host)
if (lack) throw new Error(lack)
