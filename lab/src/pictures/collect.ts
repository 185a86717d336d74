import type { PickedFile } from './order.js'

/** What somebody chose with a button: a folder, or files. */
export const chosenFiles = (list: FileList): PickedFile[] =>
  [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }))

/** What was dropped on the page, folders with all that is in them. To be called while the drop is handled. */
export async function droppedFiles({ items }: DataTransfer): Promise<PickedFile[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return (await Promise.all(entries.map((entry) => filesIn(entry)))).flat()
}

async function filesIn(entry: FileSystemEntry): Promise<PickedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return [{ path: entry.fullPath.replace(/^\//, ''), file }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: PickedFile[] = []
  // A folder is read in pieces, until nothing comes any more.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return found
    for (const own of some) found.push(...(await filesIn(own)))
  }
}
