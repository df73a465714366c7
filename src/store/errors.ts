/** The base of every error a store raises on purpose. Anything else that comes out of a store is a defect in it. */
export class StoreError extends Error {
  override readonly name: string = "StoreError"
}

/** The revision asked for has been compacted. Read the current state again and go on from its revision. */
export class CompactedError extends StoreError {
  override readonly name = "CompactedError"
  /** The oldest revision that can still be read, and the oldest a watch can start from. */
  readonly compactRevision: number
  readonly requestedRevision: number

  constructor(requestedRevision: number, compactRevision: number) {
    super(
      `revision ${requestedRevision} has been compacted; the oldest kept is ${compactRevision}: read the current state and watch from its revision`,
    )
    this.requestedRevision = requestedRevision
    this.compactRevision = compactRevision
  }
}

/** The revision asked for has not happened yet. It may, so the read can be tried again later. */
export class FutureRevisionError extends StoreError {
  override readonly name = "FutureRevisionError"
  readonly requestedRevision: number
  readonly currentRevision: number

  constructor(requestedRevision: number, currentRevision: number) {
    super(
      `revision ${requestedRevision} has not happened yet; the store is at ${currentRevision}: wait for it and try again`,
    )
    this.requestedRevision = requestedRevision
    this.currentRevision = currentRevision
  }
}

/** The store was closed before or while the call ran. A write that was in flight may or may not have happened. */
export class StoreClosedError extends StoreError {
  override readonly name = "StoreClosedError"

  constructor() {
    super("the store is closed: open it again to use it")
  }
}

/** No space is left. The write did not happen; reads go on working, and writes work again once there is space. */
export class StoreFullError extends StoreError {
  override readonly name = "StoreFullError"
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(
      `no space is left to write ${path}: free some on its file system, then try again; nothing was changed`,
      options,
    )
    this.path = path
  }
}

/** What is stored cannot be trusted or was not written by this program. The message says what to do. */
export class StoreCorruptError extends StoreError {
  override readonly name = "StoreCorruptError"
  readonly path: string
  readonly found: string

  constructor(path: string, found: string, options?: ErrorOptions) {
    super(
      `${path} is not a usable store (${found}): move it away and restore a backup, or start with an empty folder`,
      options,
    )
    this.path = path
    this.found = found
  }
}

/** Another process has the store open. */
export class StoreLockedError extends StoreError {
  override readonly name = "StoreLockedError"
  readonly path: string
  /** The process that holds it; undefined when it did not leave its id. */
  readonly holderPid: number | undefined

  constructor(path: string, holderPid: number | undefined) {
    const holder = holderPid === undefined ? "another process" : `process ${holderPid}`
    super(`${path} is in use by ${holder}: stop that process, or use another folder`)
    this.path = path
    this.holderPid = holderPid
  }
}

/** The lease never existed, was revoked, or has expired. */
export class LeaseNotFoundError extends StoreError {
  override readonly name = "LeaseNotFoundError"
  readonly leaseId: number

  constructor(leaseId: number) {
    super(`lease ${leaseId} does not exist or has expired: grant a new one`)
    this.leaseId = leaseId
  }
}

/** The file system refused for another reason than space. Whether a write in flight happened is unknown. */
export class StoreIoError extends StoreError {
  override readonly name = "StoreIoError"
  readonly path: string
  readonly found: string

  constructor(path: string, found: string, options?: ErrorOptions) {
    super(`${path} cannot be read or written (${found}): check the disk and the permissions of its folder`, options)
    this.path = path
    this.found = found
  }
}
