#if OneDNN
  import COneDNN

  /// A copy between two layouts of the same weights.
  struct Reorder {
    let source: OneDNNMemory
    let destination: OneDNNMemory
    let destinationDescription: dnnl_memory_desc_t
    private let primitive: OneDNNPrimitive
    private let operands: [dnnl_exec_arg_t]

    init(
      from source: OneDNNMemory, _ sourceDescription: dnnl_memory_desc_t, to description: dnnl_memory_desc_t,
      _ engine: OneDNNEngine, ownsBuffer: Bool = true
    ) throws(OneDNNFailure) {
      self.source = source
      destinationDescription = description
      destination = try OneDNNMemory(description, engine, ownsBuffer: ownsBuffer)
      primitive = try OneDNNPrimitive(reorderFrom: sourceDescription, to: description, engine)
      scratchpad = try OneDNNMemory(primitive.memoryDescription(dnnl_query_scratchpad_md), engine, ownsBuffer: true)
      operands = [
        dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: source.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: destination.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchpad.handle),
      ]
    }

    private let scratchpad: OneDNNMemory

    func execute(on stream: OneDNNStream) { primitive.execute(operands, on: stream) }
  }

  /// One primitive with one lane's operands: two activations, whose addresses come with each call, and fixed ones.
  struct Execution {
    private let primitive: OneDNNPrimitive
    var implementation: String { primitive.implementation }
    private let input: OneDNNMemory
    private let output: OneDNNMemory
    private let fixed: [OneDNNMemory]
    private let operands: [dnnl_exec_arg_t]

    init(
      _ primitive: OneDNNPrimitive, _ engine: OneDNNEngine,
      input: (role: Int32, description: dnnl_memory_desc_t), output: (role: Int32, description: dnnl_memory_desc_t),
      fixed: [(role: Int32, memory: OneDNNMemory)]
    ) throws(OneDNNFailure) {
      self.primitive = primitive
      self.input = try OneDNNMemory(input.description, engine, ownsBuffer: false)
      self.output = try OneDNNMemory(output.description, engine, ownsBuffer: false)
      let scratchpad = try OneDNNMemory(
        primitive.memoryDescription(dnnl_query_scratchpad_md), engine, ownsBuffer: true)
      self.fixed = fixed.map(\.memory) + [scratchpad]
      operands =
        [
          dnnl_exec_arg_t(arg: input.role, memory: self.input.handle),
          dnnl_exec_arg_t(arg: output.role, memory: self.output.handle),
          dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchpad.handle),
        ] + fixed.map { dnnl_exec_arg_t(arg: $0.role, memory: $0.memory.handle) }
    }

    func callAsFunction(input: UnsafeRawPointer, output: UnsafeMutableRawPointer, on stream: OneDNNStream) {
      self.input.setAddress(input)
      self.output.setAddress(output)
      primitive.execute(operands, on: stream)
    }
  }
#endif
