// What does not fit into one run of the checks comes in turns: another part comes first each day.

/** Days since 1970, or what ONWARD_ROTATION says, to repeat what was run on another day. */
export const turn = () => Number(process.env.ONWARD_ROTATION ?? Math.floor(Date.now() / 86_400_000))

/** The same list, begun at another place each day; `step`: how far the place moves from day to day. */
export function rotated(list, step = 1) {
  const first = (turn() * step) % list.length
  console.log(`Rotation ${turn()} (ONWARD_ROTATION=${turn()} repeats it): begins with ${first + 1} of ${list.length}`)
  return [...list.slice(first), ...list.slice(0, first)]
}
