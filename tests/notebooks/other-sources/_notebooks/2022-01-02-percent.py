# ---
# title: A script
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# Text in comments, with a [link](2022-01-01-myst.md#First-things-first) and ![no picture](none.png).

# %%
#hide_imput
# %matplotlib inline


def twice(x):
    return 2 * x


twice(21)

# %% tags=["hide-output"]
print("# %% is no marker in here")
