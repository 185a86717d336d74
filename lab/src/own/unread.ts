/**
 * Which texts of the editor nobody has asked to run: one that a link brought, and what it was changed to. Undo brings them
 * back after another one was chosen.
 */
export function openUnread() {
  const texts = new Set<string>()
  let isUnread = false

  return {
    /** The text is a link's. */
    brought(text: string): void {
      isUnread = true
      texts.add(text)
    },
    /** Whether the editor, which now holds this text, waits for somebody to ask. To be told of every change. */
    holds(text: string): boolean {
      isUnread ||= texts.has(text)
      if (isUnread) texts.add(text)
      return isUnread
    },
    /** Somebody chose another text, or asked to run this one. */
    asked(text: string): void {
      isUnread = false
      texts.delete(text)
    },
  }
}
