/** What a server that is Onward's own offers beside the page's files. */
export interface Served {
  /** Names of data sets. */
  readonly data: readonly string[]
  readonly runs: readonly { readonly name: string; readonly rule: string; readonly data: string }[]
}

/** Asks the server, where it says that there is something to ask for; any other server has nothing. */
export async function askServer(): Promise<Served> {
  const nothing = { data: [], runs: [] }
  if (!document.querySelector('meta[name="onward-server"]')) return nothing
  try {
    const response = await fetch('served/index.json')
    return response.ok ? ((await response.json()) as Served) : nothing
  } catch {
    // Without a network the page goes on with what it has.
    return nothing
  }
}
