import { unknownName } from '../names.js'
import { LOG_FORMATS, type LogFormat } from '../train/log-formats.js'

/** Formats of logs, as `--log` or a list of a configuration has them. */
export function readLogs(text: string): LogFormat[] {
  const names = text.split(',').map((name) => name.trim())
  return names.map((name) => {
    const format = LOG_FORMATS.find((known) => known === name)
    if (format === undefined) throw unknownName('format of logs', name, LOG_FORMATS)
    return format
  })
}
