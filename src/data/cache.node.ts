import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/**
 * The folder for downloads: `ONWARD_CACHE` if it is set, or `onward` in the place where the operating system keeps
 * caches; for a user without a home, as in many containers, in the place for temporary files.
 */
export function cacheFolder(): string {
  const { ONWARD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (ONWARD_CACHE) return ONWARD_CACHE
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'onward', 'Cache')
  // A relative one counts as unset (XDG Base Directory Specification).
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'onward')
  const home = homeFolder()
  if (home === undefined) return join(tmpdir(), `onward-${process.getuid?.() ?? 'cache'}`)
  if (process.platform === 'win32') return join(home, 'AppData', 'Local', 'onward', 'Cache')
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'onward')
  return join(home, '.cache', 'onward')
}

function homeFolder(): string | undefined {
  try {
    return homedir() || undefined
  } catch {
    return undefined
  }
}
