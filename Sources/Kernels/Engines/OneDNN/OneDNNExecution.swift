#if OneDNN
  import COneDNN

  /// A copy between two layouts of the same weights.
  struct Reorder {
    let source: OneDNNMemory
    let destination: OneDNNMemory
    let destinationLayout: OneDNNLayout
    private let primitive: OneDNNPrimitive
    private let scratchpad: OneDNNMemory
    private let operands: [dnnl_exec_arg_t]

    init(
      from source: OneDNNMemory, _ sourceLayout: OneDNNLayout, to layout: OneDNNLayout, _ engine: OneDNNEngine,
      ownsBuffer: Bool = true
    ) throws(OneDNNFailure) {
      self.source = source
      destinationLayout = layout
      destination = try OneDNNMemory(layout, engine, ownsBuffer: ownsBuffer)
      primitive = try OneDNNPrimitive(
        OneDNNOperation { operation, attributes in
          glyphline_onednn_reorder(&operation, engine.handle, sourceLayout.handle, layout.handle, attributes)
        })
      scratchpad = try primitive.makeScratchpad(engine)
      operands = [
        dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: source.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: destination.handle),
        dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratchpad.handle),
      ]
    }

    func execute(on stream: OneDNNStream) { primitive.execute(operands, on: stream) }
  }

  /// One primitive with one thread's operands: two activations, whose addresses change with each call, and fixed ones.
  struct Execution {
    private let primitive: OneDNNPrimitive
    private let input: OneDNNMemory
    private let output: OneDNNMemory
    private let fixed: [OneDNNMemory]
    private let operands: [dnnl_exec_arg_t]

    init(
      _ primitive: OneDNNPrimitive, _ engine: OneDNNEngine, input: (role: Int32, layout: OneDNNLayout),
      output: (role: Int32, layout: OneDNNLayout), fixed: [(role: Int32, memory: OneDNNMemory)]
    ) throws(OneDNNFailure) {
      self.primitive = primitive
      self.input = try OneDNNMemory(input.layout, engine, ownsBuffer: false)
      self.output = try OneDNNMemory(output.layout, engine, ownsBuffer: false)
      let scratchpad = try primitive.makeScratchpad(engine)
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
