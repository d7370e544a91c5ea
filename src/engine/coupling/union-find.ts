/** Disjoint sets over label ids; the smallest id of a set is its representative, so that order never matters. */
export class UnionFind {
  private parent = new Int32Array(1024)
  private count = 1

  /** Adds `count` new ids, each a set of its own, and returns the first. Id 0 is there from the start. */
  add(count: number): number {
    const first = this.count
    this.count += count
    if (this.count > this.parent.length) {
      const grown = new Int32Array(Math.max(this.count, this.parent.length * 2))
      grown.set(this.parent)
      this.parent = grown
    }
    for (let id = first; id < this.count; id++) this.parent[id] = id
    return first
  }

  get size(): number {
    return this.count
  }

  find(id: number): number {
    let root = id
    while ((this.parent[root] as number) !== root) root = this.parent[root] as number
    let at = id
    while ((this.parent[at] as number) !== root) {
      const next = this.parent[at] as number
      this.parent[at] = root
      at = next
    }
    return root
  }

  union(a: number, b: number): void {
    const left = this.find(a)
    const right = this.find(b)
    if (left < right) this.parent[right] = left
    else this.parent[left] = right
  }
}
