/** A training that the browser keeps: what it is, where it stood, and its checkpoint. */
export interface Kept {
  /** Of its experiment. */
  readonly address: string
  readonly step: number
  readonly epoch: number
  /** Milliseconds since 1970. */
  readonly time: number
  readonly bytes: Uint8Array
}

const [NAME, STORE] = ['onward-lab', 'trainings']
/** So many are kept, the last ones. */
const MOST = 8

/** The trainings of this page that the browser keeps. Where it keeps nothing, there is nothing to find, and no error. */
export function openKept() {
  let known: Promise<IDBDatabase> | undefined
  const database = (): Promise<IDBDatabase> => {
    known ??= new Promise((resolve, reject) => {
      const asked = indexedDB.open(NAME, 1)
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'address' })
      asked.onsuccess = () => resolve(asked.result)
      asked.onerror = () => reject(asked.error)
    })
    known.catch(() => {
      known = undefined
    })
    return known
  }
  const within = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const transaction = (await database()).transaction(STORE, mode)
    const asked = work(transaction.objectStore(STORE))
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(asked.result)
      transaction.onerror = () => reject(transaction.error)
      transaction.onabort = () => reject(transaction.error)
    })
  }
  return {
    /** False where the store is full or closed to the page. */
    async keep(kept: Kept): Promise<boolean> {
      try {
        await within('readwrite', (store) => store.put(kept))
        const all = (await within('readonly', (store) => store.getAll())) as Kept[]
        for (const { address } of all.sort((a, b) => b.time - a.time).slice(MOST))
          await within('readwrite', (store) => store.delete(address))
        return true
      } catch {
        return false
      }
    },
    async find(address: string): Promise<Kept | undefined> {
      try {
        return (await within('readonly', (store) => store.get(address))) as Kept | undefined
      } catch {
        return undefined
      }
    },
    async forget(address: string): Promise<void> {
      try {
        await within('readwrite', (store) => store.delete(address))
      } catch {
        // What was not kept need not be forgotten.
      }
    },
  }
}
