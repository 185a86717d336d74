import { openTrainer, type Trainer, type TrainerConfig } from '../train/trainer.js'
import { hasGraphicsCard } from './graphics-card.js'

type PageDevice = 'wasm' | 'webgpu'
export type Tried = Readonly<Partial<Record<PageDevice, number>>>

/** Steps that are timed, after one that warms up. */
const STEPS = 3

/**
 * Opens a training on the device that is named, or on the one whose steps take less time. What fails on a graphics card
 * runs on the processor.
 */
export async function openOnDevice(
  config: TrainerConfig,
  choice: PageDevice | 'auto',
  withDevice: (device: PageDevice) => Partial<TrainerConfig>,
): Promise<{ readonly trainer: Trainer; readonly device: PageDevice; readonly tried?: Tried }> {
  const openOn = (device: PageDevice): Promise<Trainer> => openTrainer({ ...config, ...withDevice(device) })
  if (choice !== 'auto') return { trainer: await openOn(choice), device: choice }
  const wasm = await openOn('wasm')
  if (wasm.settings.options.precision === 'int8' || !(await hasGraphicsCard())) return { trainer: wasm, device: 'wasm' }
  let webgpu: Trainer | undefined
  try {
    webgpu = await openOn('webgpu')
    const tried = { wasm: await secondsOf(wasm), webgpu: await secondsOf(webgpu) }
    const [trainer, other, device] =
      tried.webgpu < tried.wasm ? ([webgpu, wasm, 'webgpu'] as const) : ([wasm, webgpu, 'wasm'] as const)
    await other.close()
    return { trainer, device, tried }
  } catch {
    await webgpu?.close().catch(() => undefined)
    return { trainer: wasm, device: 'wasm' }
  }
}

/** Of one step. */
async function secondsOf(trainer: Trainer): Promise<number> {
  await trainer.load(await trainer.initialState())
  const begin = trainer.positionAt(0)
  const { at } = await trainer.run(begin, 1)
  const start = performance.now()
  const { steps } = await trainer.run(at, STEPS)
  return (performance.now() - start) / 1000 / Math.max(1, steps)
}
