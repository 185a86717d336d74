import type { PickedFile } from './order.js'

/** What somebody chose with a button: a folder, or files. */
export const chosenFiles = (list: FileList): PickedFile[] =>
  [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }))

/** What was dropped on the page, folders with all that is in them. To be called while the drop is handled. */
export async function droppedFiles({ items }: DataTransfer): Promise<PickedFile[]> {
  const found = [...items].map((item) => {
    const entry = item.webkitGetAsEntry()
    if (entry) return filesIn(entry)
    // What another program hands over lies in no folder.
    const file = item.getAsFile()
    return file ? [{ path: file.name, file }] : []
  })
  try {
    return (await Promise.all(found)).flat()
  } catch (cause) {
    throw new Error('What was dropped cannot be read: it was moved, or this browser may not read it.', { cause })
  }
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
