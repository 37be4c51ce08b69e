using System.Collections.Immutable;
using System.Reflection;

namespace Muster.Gateway;

/// <summary>
/// An argument of a handler: who acts, known from the token alone and never from a body. Arguments are bound before tokens are checked, so
/// it may be asked only once the handler runs.
/// </summary>
internal sealed class Actor
{
    private Caller? caller;

    /// <summary>The principal's name; <c>policy:NAME</c> for a policy, on routes that take both.</summary>
    internal string Name => Caller.Name;

    /// <summary>Empty for a policy.</summary>
    internal ImmutableArray<string> Roles => Caller.Roles;

    private Caller Caller => caller ?? throw new InvalidOperationException("Nobody was let in yet.");

    public static ValueTask<Actor?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ValueTask.FromResult<Actor?>(Of(context));
    }

    internal static void LetIn(HttpContext context, Caller caller) => Of(context).caller = caller;

    private static Actor Of(HttpContext context)
    {
        if (context.Items[typeof(Actor)] is not Actor actor)
        {
            context.Items[typeof(Actor)] = actor = new Actor();
        }

        return actor;
    }
}
