import assert from "node:assert/strict"
import { join } from "node:path"
import { createImageStore } from "../../images/image-store.ts"
import { createStreamServer } from "../../kubelet/server/streaming/stream-server.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { testRuntime } from "../conformance.ts"
import { serveCri } from "../cri-server/serve-cri.ts"
import { createTestMachine, testImage } from "../oci/testing/machine.ts"
import { openCriRuntime } from "./open.ts"

/** The client of CRI, with our own server of it and real containers at the other end. */
testRuntime("CRI over a socket", async () => {
  const platform = createNodePlatform({ logLevel: "warn" })
  const machine = createTestMachine()
  const oci = await machine.open()
  const streaming = createStreamServer({ runtime: oci, platform })
  const socketPath = join(machine.root, "cri.sock")
  const images = createImageStore({ dir: join(machine.root, "images"), platform, proxyEnv: {} })
  const server = await serveCri({
    socketPath,
    runtime: oci,
    images,
    streaming,
    clock: platform.clock,
    version: "1.2.3",
  })
  const { runtime } = await openCriRuntime({
    endpoint: `unix://${socketPath}`,
    dataDir: join(machine.root, "configs"),
    checkImageName: () => undefined,
    platform,
  })
  return {
    runtime,
    image: testImage,
    cgroupParent: machine.cgroup,
    logDirectory: join(machine.root, "logs"),
    settle: (promise) => promise,
    async close() {
      for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
      await runtime.close()
      server.close()
      streaming.close()
      const left = machine.leftovers()
      await machine.remove()
      assert.deepEqual(left, [])
    },
  }
})
