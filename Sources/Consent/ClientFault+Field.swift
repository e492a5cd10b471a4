internal import Model

extension ClientFault {
    /// The same fault, told of the member in which the caller gave what is wrong.
    func told(of field: String) -> ClientFault {
        var fault = self
        fault.field = field
        return fault
    }

    /// Runs `body`, whose faults are of this member.
    static func told<Value>(of field: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let fault as ClientFault {
            throw fault.told(of: field)
        }
    }
}
