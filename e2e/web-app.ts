import { get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { BUSYBOX } from "./busybox-image.ts"
import type { TestCluster } from "./cluster.ts"

/** A web server on busybox, with several replicas behind a service: what faults must not disturb. */
export interface WebApp {
  readonly name: string
  readonly replicas: number
  /** Where this machine reaches it. */
  readonly clusterUrl: string
  readonly nodePortUrl: string
}

interface ServiceObject {
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort: number }[] }
}

export interface PodObject {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly status: {
    readonly phase: string
    readonly containerStatuses?: readonly {
      readonly containerID: string
      readonly ready: boolean
      readonly restartCount: number
      readonly state: { readonly running?: { readonly startedAt: string } }
    }[]
  }
}

export async function startWebApp(cluster: TestCluster, name: string, replicas: number): Promise<WebApp> {
  const labels = { app: name }
  const container = {
    name: "web",
    image: BUSYBOX,
    command: ["httpd", "-f", "-p", "8080", "-h", "/www"],
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
  }
  await cluster.apply(
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { type: "NodePort", selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  )
  await cluster.kubectl(`rollout status deployment/${name} --timeout=50s`)
  const { spec } = await cluster.get<ServiceObject>(`service ${name}`)
  return {
    name,
    replicas,
    clusterUrl: `http://${spec.clusterIP}/`,
    nodePortUrl: `http://127.0.0.1:${spec.ports[0]?.nodePort}/`,
  }
}

export async function podsOf(cluster: TestCluster, { name }: Pick<WebApp, "name">): Promise<readonly PodObject[]> {
  return (await cluster.get<{ readonly items: readonly PodObject[] }>(`pods -l app=${name}`)).items
}

export interface Load {
  readonly answered: number
  readonly failures: readonly string[]
  /** Ends it after the requests that are under way. */
  stop(): Promise<void>
}

const PAUSE_MS = 2

/** Asks each address again and again over a new connection each time, until `stop`. */
export function startLoad(urls: readonly string[]): Load {
  const load = { answered: 0, failures: [] as string[], stop: () => Promise.resolve() }
  const stopping = new AbortController()
  const loops = urls.map(async (url) => {
    while (!stopping.signal.aborted) {
      try {
        await fetchOnce(url)
        load.answered++
      } catch (error) {
        load.failures.push(`${url}: ${String(error)}`)
      }
      // Leaves processors to the cluster: what matters is that no moment is without a request.
      await sleep(PAUSE_MS)
    }
  })
  load.stop = async () => {
    stopping.abort()
    await Promise.all(loops)
  }
  return load
}

/** The body of a successful answer. */
export function fetchOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 10_000 }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (text: string) => (body += text))
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) resolve(body)
        else reject(new Error(`found status ${response.statusCode}, expected 200`))
      })
    })
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s"))).on("error", reject)
  })
}
