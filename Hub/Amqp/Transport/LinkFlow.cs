namespace Muster.Amqp;

/// <summary>What a flow says of a link.</summary>
/// <param name="DeliveryCount">Deliveries so far; 0 from a receiver that has not seen the answer to its attach.</param>
/// <param name="Credit">Deliveries from there on.</param>
/// <param name="Drains">Whether the credit is to be used up.</param>
internal readonly record struct LinkFlow(uint DeliveryCount, uint Credit, bool Drains)
{
    /// <summary>Null if the flow is about the session alone.</summary>
    public static LinkFlow? Read(ReadOnlySpan<byte> body)
    {
        var fields = FieldReader.Open(body);
        for (var session = 0; session < 4; session++)
        {
            _ = fields.ReadUInt();
        }

        if (fields.ReadUInt() is null)
        {
            return null;
        }

        var (deliveryCount, credit) = (fields.ReadUInt() ?? 0, fields.ReadUInt() ?? 0);
        _ = fields.ReadUInt();
        return new(deliveryCount, credit, fields.ReadBool());
    }
}
