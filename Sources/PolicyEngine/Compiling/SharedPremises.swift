/// What a policy says for all of its rules of one kind, compiled once (ODRL Information Model 2.2 section
/// 2.7.1).
struct SharedPremises {
    let compiler: ConditionCompiler
    let actions: ActionTree
    private let scope: Scope
    private let target: Premise
    private let assignee: Premise
    private let action: ActionPremise

    init(_ scope: Scope, _ compiler: ConditionCompiler, _ actions: ActionTree) {
        self.scope = scope
        self.compiler = compiler
        self.actions = actions
        target = Premise(scope.target, compiler)
        assignee = Premise(scope.assignee, compiler)
        action = ActionPremise(scope.actions, compiler.kind, actions, compiler)
    }

    /// With a rule's own.
    func target(_ own: Scope.Part) -> Premise {
        own.isEmpty ? target : Premise(own + scope.target, compiler)
    }

    func assignee(_ own: Scope.Part) -> Premise {
        own.isEmpty ? assignee : Premise(own + scope.assignee, compiler)
    }

    func action(_ own: Scope.Actions) -> ActionPremise {
        own.isEmpty ? action : ActionPremise(own + scope.actions, compiler.kind, actions, compiler)
    }
}
