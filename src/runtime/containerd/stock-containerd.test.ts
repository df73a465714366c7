import { join } from "node:path"
import { test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { testRuntime } from "../conformance.ts"
import { detectCgroups } from "../oci/cgroups.ts"
import { openCriRuntime } from "./open.ts"
import { startStockContainerd, withoutContainerd } from "./testing/stock-containerd.ts"

const CGROUP = `/gantry-containerd-${process.pid}`

if (withoutContainerd) test("stock containerd", { skip: withoutContainerd })
else
  testRuntime("stock containerd", async () => {
    const containerd = await startStockContainerd({ wires: true })
    const { runtime } = await openCriRuntime({
      endpoint: containerd.endpoint,
      dataDir: join(containerd.folder, "configs"),
      checkImageName: () => undefined,
      platform: createNodePlatform({ logLevel: "warn" }),
    })
    return {
      runtime,
      image: containerd.image,
      cgroupParent: CGROUP,
      logDirectory: join(containerd.folder, "logs"),
      settle: (promise) => promise,
      async close() {
        for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
        await runtime.close()
        await containerd.close()
        detectCgroups().remove(CGROUP)
      },
    }
  })
