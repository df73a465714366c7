import { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import type { Client } from "../../client/client.ts"
import { type Informer, startInformer } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Platform } from "../../platform/platform.ts"
import type { MoreResources } from "../resources/more-resources.ts"
import type { Converter } from "../resources/versions.ts"
import { isTrue, planStatus, type Status, withCondition } from "./conditions.ts"
import { customResource, storageVersionOf } from "./custom-resource.ts"
import { CLEANUP_FINALIZER, nextStep } from "./finalize.ts"
import { hasItsNames, usedNames } from "./names.ts"

/** Serves what custom resource definitions define, and says in their status how far that is. */
export interface Definitions {
  /** Resolves when everything that was established before is served. */
  start(): Promise<void>
  close(): void
}

export interface DefinitionsOptions {
  /** May do everything. */
  readonly client: Client
  readonly more: MoreResources
  readonly platform: Pick<Platform, "clock" | "log">
  readonly converterOf: (definition: CustomResourceDefinition) => Converter
}

/** Pause before a definition whose handling failed is looked at again. */
const RETRY_MS = 1_000
/** How often a definition whose objects take their time to go is looked at again. */
const DELETION_CHECK_MS = 250

export function createDefinitions(options: DefinitionsOptions): Definitions {
  return new Controller(options)
}

/** What is served of a definition, and what it was made from. */
interface Serving {
  readonly spec: CustomResourceDefinition["spec"]
  readonly names: Status["acceptedNames"]
  readonly ending: boolean
}

class Controller implements Definitions {
  readonly #options: DefinitionsOptions
  readonly #stop = new AbortController()
  /** By name of the definition. */
  readonly #serving = new Map<string, Serving>()
  /** The newest state of definitions that the informer may not have seen yet. */
  readonly #written = new Map<string, CustomResourceDefinition>()
  readonly #due = new Set<string>()
  #informer: Informer<CustomResourceDefinition> | undefined
  #working: Promise<void> | undefined
  #isWorking = false

  constructor(options: DefinitionsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { client, platform } = this.#options
    this.#informer = startInformer(client, CustomResourceDefinition, { platform, signal: this.#stop.signal })
    await this.#informer.synced
    this.#informer.onChange(({ object }) => this.#look(object.metadata.name))
    await this.#working
  }

  close(): void {
    this.#stop.abort()
  }

  /** Names are given to one definition after the other, so one worker does everything. */
  #look(name: string): void {
    this.#due.add(name)
    if (this.#isWorking) return
    this.#isWorking = true
    this.#working = this.#work()
  }

  async #work(): Promise<void> {
    // Also those that become due meanwhile.
    for (const name of this.#due) {
      this.#due.delete(name)
      if (this.#stop.signal.aborted) return
      try {
        await this.#handle(name)
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#options.platform.log.error("a custom resource definition could not be handled", { name, error })
        this.#options.platform.clock.after(RETRY_MS, () => this.#look(name))
      }
    }
    // In the same step in which nothing was due: what becomes due now begins anew.
    this.#isWorking = false
  }

  async #handle(name: string): Promise<void> {
    const definition = this.#current(name)
    if (definition === undefined) {
      const before = this.#serving.get(name)
      this.#options.more.delete(name)
      this.#serving.delete(name)
      if (before !== undefined) this.#lookAtOthers(before.spec.group, name)
      return
    }
    const planned = this.#plan(definition, this.#serving.has(name))
    if (isTrue({ status: planned }, "NamesAccepted") || isTrue({ status: planned }, "Established")) {
      await this.#serve({ ...definition, status: planned })
    }
    const status = this.#plan(definition, this.#serving.has(name))
    if (!deepEqual(status, definition.status)) {
      const freed = !deepEqual(status.acceptedNames, definition.status.acceptedNames)
      if (!(await this.#writeStatus({ ...definition, status }))) return
      if (freed) this.#lookAtOthers(definition.spec.group, name)
    }
    await this.#finish(name)
  }

  #plan(definition: CustomResourceDefinition, served: boolean): Status {
    const used = () => usedNames(this.#others(definition.spec.group, definition.metadata.name))
    return planStatus(definition, used, served, timeFromMs(this.#options.platform.clock.nowMs()))
  }

  #others(group: string, name: string): readonly CustomResourceDefinition[] {
    const known = this.#informer?.list().filter(({ metadata, spec }) => spec.group === group && metadata.name !== name)
    return (known ?? []).flatMap(({ metadata }) => this.#current(metadata.name) ?? [])
  }

  #current(name: string): CustomResourceDefinition | undefined {
    const seen = this.#informer?.get(name)
    const written = this.#written.get(name)
    if (seen === undefined || written?.metadata.uid !== seen.metadata.uid) return seen
    return Number(written.metadata.resourceVersion) > Number(seen.metadata.resourceVersion) ? written : seen
  }

  /** A name that became free may be what another definition waits for. */
  #lookAtOthers(group: string, name: string): void {
    for (const other of this.#others(group, name)) if (!hasItsNames(other)) this.#look(other.metadata.name)
  }

  async #serve(definition: CustomResourceDefinition): Promise<void> {
    const { metadata, spec, status } = definition
    const { acceptedNames: names } = status
    const before = this.#serving.get(metadata.name)
    const ending = isTrue(definition, "Terminating")
    if (before?.ending === ending && deepEqual(before.spec, spec) && deepEqual(before.names, names)) return
    const versions = spec.versions.map((version) => customResource(definition, version, this.#options.platform.clock))
    const served = versions.filter((_version, index) => spec.versions[index]?.served)
    const storage = versions[spec.versions.indexOf(storageVersionOf(definition))]
    if (storage === undefined) throw new TypeError(`${metadata.name} has no storage version`)
    const resource = { versions, served, storage, converter: this.#options.converterOf(definition) }
    if (!this.#overlaps(definition)) await this.#options.more.set(metadata.name, resource)
    this.#serving.set(metadata.name, { spec, names, ending })
  }

  #overlaps({ spec }: CustomResourceDefinition): boolean {
    return this.#options.more.isBuiltin(spec.group, spec.names.plural)
  }

  /** False: somebody changed or deleted the definition, which will be looked at again. */
  async #writeStatus(definition: CustomResourceDefinition): Promise<boolean> {
    try {
      const written = await this.#options.client.of(CustomResourceDefinition).updateStatus(definition)
      this.#written.set(definition.metadata.name, written)
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  /** Takes a definition that is ending as far as it can go now. */
  async #finish(name: string): Promise<void> {
    const { more, platform } = this.#options
    const { clock } = platform
    for (;;) {
      const definition = this.#current(name)
      if (definition === undefined) return
      const nowMs = clock.nowMs()
      const now = timeFromMs(nowMs)
      const overlaps = this.#overlaps(definition)
      const step = await nextStep(definition, { nowMs, overlaps, deleteAll: () => more.deleteObjects(name) })
      if (step.do === "nothing") return
      if (step.do === "wait") {
        clock.after(DELETION_CHECK_MS, () => this.#look(name))
        return
      }
      const status = {
        ...definition.status,
        conditions: withCondition(definition.status.conditions, step.condition, now),
      }
      const { finalizers = [], ...metadata } = definition.metadata
      const kept = step.do === "let go" ? finalizers.filter((each) => each !== CLEANUP_FINALIZER) : finalizers
      const isWritten = await this.#writeStatus({ ...definition, metadata: { ...metadata, finalizers: kept }, status })
      if (!isWritten || step.do === "let go") return
      if (!step.again) {
        clock.after(DELETION_CHECK_MS, () => this.#look(name))
        return
      }
    }
  }
}
