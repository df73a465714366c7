/** Something is wrong with a claim, a class or devices, so that nobody can tell what fits. The pod is tried again later. */
export class AllocationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "AllocationError"
  }
}

/** Drivers have written nonsense about devices for this node; other nodes may still do. */
export class InvalidPoolsError extends AllocationError {
  constructor() {
    super("invalid resource pools were encountered")
    this.name = "InvalidPoolsError"
  }
}
