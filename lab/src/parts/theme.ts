export type Theme = 'light' | 'dark'

const KEY = 'onward-lab-theme'

/** The colours that were chosen here, or those of the system. A store that is closed to the page is no error. */
export function keptTheme(): Theme {
  let kept: string | null = null
  try {
    kept = localStorage.getItem(KEY)
  } catch {
    // The system's colours then.
  }
  if (kept === 'light' || kept === 'dark') {
    document.documentElement.dataset.theme = kept
    return kept
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // It lasts as long as the page.
  }
}
