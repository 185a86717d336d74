import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder for downloads: `ONWARD_CACHE` if it is set, or `onward` in the place where the operating system keeps
 * caches.
 */
export function cacheFolder(): string {
  const { ONWARD_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (ONWARD_CACHE) return ONWARD_CACHE
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'onward', 'Cache')
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'onward')
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'onward')
}
