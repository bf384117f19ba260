#if OneDNN
  import COneDNN

  /// A primitive with its operands.
  // SAFETY: used by one thread at a time.
  struct Execution: @unchecked Sendable {
    /// `role` is oneDNN's number of the operand; without a buffer, each call gives its address.
    typealias Operand = (role: Int32, layout: OneDNNLayout, buffer: AlignedBuffer?)

    private let primitive: OneDNNPrimitive
    private let stream: OneDNNStream
    private let memories: [OneDNNMemory]
    /// Those of the operands without a buffer.
    private let addressed: [OneDNNMemory]
    private let arguments: [dnnl_exec_arg_t]

    init(_ primitive: OneDNNPrimitive, _ operands: [Operand], _ engine: OneDNNEngine) throws(OneDNNFailure) {
      let scratchpad = try OneDNNLayout(of: dnnl_query_scratchpad_md, in: primitive.operation)
      let operands = operands + [(DNNL_ARG_SCRATCHPAD, scratchpad, AlignedBuffer(byteCount: scratchpad.byteCount))]
      var memories: [OneDNNMemory] = []
      for operand in operands { memories.append(try OneDNNMemory(operand.layout, operand.buffer, engine)) }
      self.primitive = primitive
      stream = try OneDNNStream(engine)
      self.memories = memories
      addressed = zip(operands, memories).compactMap { $0.buffer == nil ? $1 : nil }
      arguments = zip(operands, memories).map { dnnl_exec_arg_t(arg: $0.role, memory: $1.handle) }
    }

    /// A copy from one layout to another.
    init(
      copying source: (layout: OneDNNLayout, buffer: AlignedBuffer?),
      to destination: (layout: OneDNNLayout, buffer: AlignedBuffer?), _ engine: OneDNNEngine
    ) throws(OneDNNFailure) {
      let operation = try OneDNNOperation { operation, attributes in
        dnnl_reorder_primitive_desc_create(
          &operation, source.layout.handle, engine.handle, destination.layout.handle, engine.handle, attributes)
      }
      try self.init(
        OneDNNPrimitive(operation),
        [(DNNL_ARG_FROM, source.layout, source.buffer), (DNNL_ARG_TO, destination.layout, destination.buffer)], engine)
    }

    /// - Parameter addresses: Those of the operands without a buffer, in their order.
    func callAsFunction(_ addresses: UnsafeRawPointer...) {
      for (memory, address) in zip(addressed, addresses) { memory.setAddress(address) }
      OneDNNFailure.require(
        onCallingThread {
          dnnl_primitive_execute(primitive.handle, stream.handle, Int32(arguments.count), arguments)
        })
    }
  }
#endif
