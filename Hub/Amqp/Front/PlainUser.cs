using System.Text;
using Muster.Access;
using Muster.Devices;

namespace Muster.Amqp;

/// <summary>
/// The user of SASL PLAIN: <c>{policy}@sas.root.{hub}</c> or <c>{device}[/{module}]@sas.{hub}</c>, its password a shared access signature. The hub is
/// not compared: the token names its host, and <c>localhost</c> has no first label worth the name.
/// </summary>
internal sealed record PlainUser
{
    private const string RootMark = "@sas.root.";
    private const string DeviceMark = "@sas.";

    private PlainUser() { }

    /// <summary>The policy; null for a device.</summary>
    public string? Policy { get; private init; }

    public DeviceKey? Device { get; private init; }

    /// <summary>As it came.</summary>
    public required string Name { get; init; }

    public required string Password { get; init; }

    /// <summary>RFC 4616: authorization id, NUL, user, NUL, password; all UTF-8. Null for anything else.</summary>
    public static PlainUser? Parse(ReadOnlySpan<byte> response)
    {
        var user = response.IndexOf((byte)0) + 1;
        var password = user == 0 ? -1 : response[user..].IndexOf((byte)0);
        if (password < 0)
        {
            return null;
        }

        var name = Encoding.UTF8.GetString(response.Slice(user, password));
        var made = new PlainUser { Name = name, Password = Encoding.UTF8.GetString(response[(user + password + 1)..]) };
        if (name.LastIndexOf(RootMark, StringComparison.OrdinalIgnoreCase) is > 0 and var root)
        {
            return made with { Policy = name[..root] };
        }

        return name.LastIndexOf(DeviceMark, StringComparison.OrdinalIgnoreCase) is > 0 and var mark && DeviceKey.TryParse(name[..mark], null, out var key)
            ? made with { Device = key }
            : null;
    }

    /// <summary>Whether the token is this user's at all; its signature is judged elsewhere.</summary>
    public bool Owns(SasToken token) => Policy is { } policy
        ? policy.Equals(token.PolicyName, StringComparison.OrdinalIgnoreCase)
        : Device is { } key && (key.ModuleId is { } module
            ? token.Covers("devices", key.DeviceId, "modules", module)
            : token.Covers("devices", key.DeviceId));

    /// <summary>No password in the text: records print themselves.</summary>
    public override string ToString() => Name;
}
