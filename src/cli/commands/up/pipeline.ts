import type { PipelineFlags } from '../../../distributed/pipeline/up.node.js'
import { trainBy } from '../../train/command.js'
import type { TrainFlags } from '../../train/request.js'

/** `onward up pipeline`: trains as `onward train` does, on workers. */
export async function command(
  rule: string | undefined,
  { workers, mode, engine, ...flags }: TrainFlags & PipelineFlags,
): Promise<number> {
  return await trainBy(rule, flags, async () => {
    const { pipeline } = await import('../../../distributed/pipeline/up.node.js')
    return pipeline({ workers, mode, engine })
  })
}
