import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { testRuntime } from "../conformance.ts"
import { detectCgroups } from "../oci/cgroups.ts"
import { openCriRuntime } from "./open.ts"
import { startStockContainerd, withoutContainerd } from "./testing/stock-containerd.ts"

const CGROUP = `/gantry-containerd-${process.pid}`

async function connected(endpoint: string, image: string) {
  const folder = mkdtempSync(join(tmpdir(), "gantry-cri-client-"))
  const { runtime } = await openCriRuntime({
    endpoint,
    dataDir: join(folder, "configs"),
    checkImageName: () => undefined,
    platform: createNodePlatform({ logLevel: "warn" }),
  })
  return {
    runtime,
    image,
    cgroupParent: CGROUP,
    logDirectory: join(folder, "logs"),
    settle: <T>(promise: Promise<T>) => promise,
    async close() {
      for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
      await runtime.close()
      detectCgroups().remove(CGROUP)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

if (withoutContainerd) test("stock containerd", { skip: withoutContainerd })
else
  testRuntime("stock containerd", async () => {
    const containerd = await startStockContainerd({ wires: true })
    const fixture = await connected(containerd.endpoint, containerd.image)
    const close = async () => {
      await fixture.close()
      await containerd.close()
    }
    return { ...fixture, close }
  })

/** Any other runtime that serves CRI and has nothing to lose, such as CRI-O; the image is busybox, and is there. */
const { GANTRY_CRI_ENDPOINT: endpoint, GANTRY_CRI_IMAGE: image } = process.env
if (endpoint !== undefined && image !== undefined)
  testRuntime(`the runtime at ${endpoint}`, () => connected(endpoint, image))
