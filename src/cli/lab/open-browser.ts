import { spawn } from 'node:child_process'

const COMMANDS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
  linux: ['xdg-open'],
}

/** Opens an address in the person's browser; false where there is none to be expected. */
export function openBrowser(url: string): boolean {
  const [command, ...given] = COMMANDS[process.platform] ?? []
  const hasScreen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY
  if (command === undefined || !hasScreen || process.env.CI) return false
  const started = spawn(command, [...given, url], { stdio: 'ignore', detached: true })
  // Where the command is missing, the address that was printed still serves.
  started.on('error', () => undefined)
  started.unref()
  return true
}
