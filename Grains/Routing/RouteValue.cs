using System.Text.Json;

namespace Muster.Routing;

internal enum RouteValueKind
{
    Undefined = 0,
    Null,
    Boolean,
    Number,
    Text,
    Array,
    Object,
}

/// <summary>What a part of a condition yields: a JSON value, or nothing (undefined, which is also the default).</summary>
internal readonly struct RouteValue
{
    private readonly double number;
    private readonly string? text;
    private readonly JsonElement json;

    private RouteValue(RouteValueKind kind, double number = 0, string? text = null, JsonElement json = default) =>
        (Kind, this.number, this.text, this.json) = (kind, number, text, json);

    internal static RouteValue Undefined => default;

    internal static RouteValue Null => new(RouteValueKind.Null);

    internal RouteValueKind Kind { get; }

    internal bool IsDefined => Kind != RouteValueKind.Undefined;

    internal bool IsPrimitive => Kind is RouteValueKind.Null or RouteValueKind.Boolean or RouteValueKind.Number or RouteValueKind.Text;

    /// <summary>Null unless it is true or false: the third truth value.</summary>
    internal bool? Truth => Kind == RouteValueKind.Boolean ? number != 0 : null;

    /// <summary>Null unless it is a number.</summary>
    internal double? Number => Kind == RouteValueKind.Number ? number : null;

    /// <summary>Null unless it is text.</summary>
    internal string? Text => Kind == RouteValueKind.Text ? text : null;

    internal static RouteValue Of(bool value) => new(RouteValueKind.Boolean, value ? 1 : 0);

    internal static RouteValue Of(bool? value) => value is { } known ? Of(known) : Undefined;

    /// <summary>Undefined if it is not a finite number.</summary>
    internal static RouteValue Of(double value) => double.IsFinite(value) ? new(RouteValueKind.Number, value) : Undefined;

    /// <summary>Undefined for null.</summary>
    internal static RouteValue Of(string? value) => value is null ? Undefined : new(RouteValueKind.Text, text: value);

    internal static RouteValue Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => Null,
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        JsonValueKind.Number => value.TryGetDouble(out var number) ? Of(number) : Undefined,
        JsonValueKind.String => Of(TextOf(value)),
        JsonValueKind.Array => new(RouteValueKind.Array, json: value),
        JsonValueKind.Object => new(RouteValueKind.Object, json: value),
        _ => Undefined,
    };

    /// <summary>The member of that name, case-sensitive; undefined if there is none or this is no object.</summary>
    internal RouteValue Member(string name)
    {
        try
        {
            return Kind == RouteValueKind.Object && json.TryGetProperty(name, out var member) ? Of(member) : Undefined;
        }
        catch (InvalidOperationException)
        {
            // The name of another member is no text.
            return Undefined;
        }
    }

    /// <summary>The item at that place, from 0; undefined if there is none or this is no array.</summary>
    internal RouteValue Item(int index) => Kind == RouteValueKind.Array && index < json.GetArrayLength() ? Of(json[index]) : Undefined;

    // Half of a surrogate pair, escaped: JSON by its grammar, yet no text.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
