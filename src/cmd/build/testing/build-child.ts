import { buildImage } from "../../../images/builder/build-image.ts"
import { createImageStore } from "../../../images/image-store.ts"
import { createNodePlatform } from "../../../platform/node/platform.ts"
import { OciRunStep } from "../oci-run-step.ts"

/** A build in a process of its own, for a test to kill. Says what RUN prints. */

const { context, dockerfile, storeDir, stateDir, cgroup } = JSON.parse(process.argv[2] ?? "{}") as Record<
  string,
  string
>
const platform = createNodePlatform()
await buildImage({
  store: createImageStore({ dir: storeDir ?? "", platform }),
  platform,
  context: context ?? "",
  dockerfile: dockerfile ?? "",
  tags: [],
  buildArgs: new Map(),
  noCache: false,
  run: new OciRunStep({ platform, stateDir: stateDir ?? "", cgroup: cgroup ?? "" }),
  onProgress: (event) => {
    if (event.kind === "output") process.stdout.write(event.bytes)
  },
})
