import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Pod } from "../../api/core/v1/pod.ts"
import { podLogDir } from "../config/sandbox-config.ts"
import { removeContainer } from "../container/remove-container.ts"
import type { Environment } from "../environment.ts"

/** Gives back what an ended pod held on the node. `forGood`: its containers, logs and folder go as well. May be repeated. */
export async function cleanUp(environment: Environment, pod: Pod, forGood: boolean): Promise<void> {
  const { cgroups, dataDir, devices, logDir, runtime, view, volumes } = environment
  const { uid } = pod.metadata
  await volumes.tearDown(uid)
  await devices.release(pod)
  if (forGood) {
    const { containers, sandboxes } = view.of(uid)
    await Promise.all(containers.map(({ id }) => removeContainer(environment, uid, id)))
    for (const { id } of sandboxes) {
      await runtime.removePodSandbox(id)
      view.forgetSandbox(uid, id)
    }
    rmSync(podLogDir(logDir, pod), { recursive: true, force: true })
    rmSync(join(dataDir, "pods", uid), { recursive: true, force: true })
    environment.idBlocks.release(uid)
  }
  cgroups.remove(uid)
}
