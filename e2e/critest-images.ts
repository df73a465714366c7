import { createReadStream } from "node:fs"
import { join } from "node:path"
import { createImageStore } from "../src/images/image-store.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { type BusyboxImage, writeBusyboxArchive } from "./busybox-image.ts"

const serve = (port: number): string => `exec httpd -f -p ${port} -h /www`
/** Named like the real one, with a first process that says what it is and a file with its pid. */
const nginx = `mkdir -p /var/run; echo $$ > /var/run/nginx.pid; httpd -f -p 80 -h /www & wait`

const E2E = "registry.k8s.io/e2e-test-images"
const CRI_TOOLS = "gcr.io/k8s-staging-cri-tools"

/** The images that critest's containers run, as far as its tests look into them. */
const STAND_INS: readonly (BusyboxImage & { readonly name: string })[] = [
  { name: `${E2E}/busybox:1.29-2`, scripts: { pgrep: 'pidof "$1"', ipcs: "cat /proc/sysvipc/shm" } },
  { name: `${E2E}/nginx:1.14-2`, scripts: { nginx }, command: ["nginx", "master process"] },
  { name: `${E2E}/httpd:2.4.39-4`, command: ["sh", "-c", `echo httpd; ${serve(80)}`] },
  {
    name: `${CRI_TOOLS}/hostnet-nginx-${process.arch === "arm64" ? "arm64" : "amd64"}:latest`,
    command: ["sh", "-c", serve(12_003)],
  },
  { name: `${CRI_TOOLS}/test-image-predefined-group:latest`, user: "1000" },
]

/** Puts them into the image store in `dir`. `folder`: for what is in the way there. */
export async function loadCritestImages(dir: string, folder: string): Promise<void> {
  const store = createImageStore({ dir, platform: createNodePlatform({ logLevel: "error" }), proxyEnv: {} })
  for (const image of STAND_INS) {
    const archive = join(folder, "image.tar")
    await writeBusyboxArchive(archive, image)
    await store.load(createReadStream(archive))
  }
}
