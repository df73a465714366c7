import type { Agent } from "node:https"
import type { APIService } from "../../api/apiregistration/v1/api-service.ts"
import { hostPort } from "../../machinery/net/host-port.ts"
import type { Clock } from "../../platform/clock.ts"
import type { UserInfo } from "../call.ts"
import type { ServiceAddress, ServiceResolver } from "../service-resolver.ts"
import { type Backend, type Outgoing, type Reply, send } from "../streaming/send.ts"
import { createVerifiedAgent } from "../transport/verified-agent.ts"
import { identityHeaders } from "./identity-headers.ts"

/** This server's certificate as a proxy that vouches for users; PEM. */
export interface ProxyCertificate {
  readonly cert: string
  readonly key: string
}

export interface ExtensionServerOptions {
  readonly resolve: ServiceResolver
  readonly certificate: () => ProxyCertificate
  readonly clock: Clock
}

type ServiceSpec = Pick<APIService["spec"], "service" | "caBundle" | "insecureSkipTLSVerify">

/** The server behind one APIService. Its connections are kept until its certificates, or this server's own, change. */
export class ExtensionServer {
  readonly #options: ExtensionServerOptions
  readonly #spec: ServiceSpec
  #agent: { readonly agent: Agent; readonly certificate: ProxyCertificate } | undefined

  constructor(spec: ServiceSpec, options: ExtensionServerOptions) {
    this.#spec = spec
    this.#options = options
  }

  /** Whether requests for another specification would go the same way. */
  serves({ service, caBundle, insecureSkipTLSVerify }: ServiceSpec): boolean {
    const way = (spec: ServiceSpec) => JSON.stringify([spec.service, spec.caBundle, spec.insecureSkipTLSVerify])
    return way({ service, caBundle, insecureSkipTLSVerify }) === way(this.#spec)
  }

  /** `namespace/name:port` */
  get serviceKey(): string {
    const { namespace = "", name = "", port = 443 } = this.#spec.service ?? {}
    return `${namespace}/${name}:${port}`
  }

  /** Throws when the service leads nowhere at the moment. */
  address(): ServiceAddress {
    const { namespace = "", name = "", port = 443 } = this.#spec.service ?? {}
    return this.#options.resolve(namespace, name, port)
  }

  /** Throws when the certificates it should be recognized by are none. */
  backend(address: ServiceAddress, target: string, user: UserInfo): Backend {
    const { namespace = "", name = "" } = this.#spec.service ?? {}
    const headers = { host: hostPort(address), ...identityHeaders(user) }
    const tls = { servername: `${name}.${namespace}.svc` }
    return { scheme: "https", ...address, target, tls, agent: this.#currentAgent(), headers }
  }

  /** A request of this server's own. Throws `BackendError`, and what `address` and `backend` throw. */
  request(target: string, user: UserInfo, outgoing: Outgoing): Promise<Reply> {
    const backend = this.backend(this.address(), target, user)
    const headers = { ...outgoing.headers, ...backend.headers }
    return send(backend, { ...outgoing, headers }, this.#options.clock)
  }

  /** Lets running requests end. */
  close(): void {
    if (this.#agent !== undefined) retire(this.#agent.agent)
    this.#agent = undefined
  }

  #currentAgent(): Agent {
    const certificate = this.#options.certificate()
    const known = this.#agent
    if (known !== undefined && known.certificate.cert === certificate.cert) return known.agent
    const { caBundle, insecureSkipTLSVerify: insecure } = this.#spec
    const agent = createVerifiedAgent({ caBundle, insecure, ...certificate })
    if (known !== undefined) retire(known.agent)
    this.#agent = { agent, certificate }
    return agent
  }
}

/** Connections end with their requests; only those that wait for another one end now. */
function retire(agent: Agent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
