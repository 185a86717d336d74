/** A text out of a file, as a message shows it: on one line, and not longer than `most`. */
export function plain(text: unknown, most = 40): string {
  const whole = `${text}`
  const cut = whole.length > most ? `${whole.slice(0, most)}...` : whole
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?')
}
