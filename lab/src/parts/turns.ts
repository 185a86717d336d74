let last: Promise<unknown> = Promise.resolve()

/** Does pieces of work that take a while one after the other, each in a task of its own: clicks and frames come between. */
export function inTurn(work: () => void): Promise<void> {
  const mine = last.then(() => new Promise<void>((resolve) => setTimeout(resolve))).then(work)
  last = mine.catch(() => undefined)
  return mine
}
